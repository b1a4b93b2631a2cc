"""Is the house in order? The map, the sizes, the settings' page, and what no committed file may hold."""
