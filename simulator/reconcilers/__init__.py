"""Reconcilers that run at once after each change: accounts, role aggregation, namespaces, garbage collection."""
