"""Worlds: YAML files with what a cluster contains, who uses it, and how it behaves."""
