"""Architecture tests: the map, sizes, documentation pages, and what no committed file may contain."""
