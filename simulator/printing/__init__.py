"""What stands in the cells of a Table? As the printers of the API server write it."""
