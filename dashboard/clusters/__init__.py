"""Cluster pages: managing clusters, shares, requests and credentials, one file for each task."""
