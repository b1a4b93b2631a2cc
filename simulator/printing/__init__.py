"""Table printers: cells of each built-in kind, as the API server prints them."""
