"""Template tags and filters of cluster pages."""
