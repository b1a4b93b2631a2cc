"""Simulator: an in-process Kubernetes API server for the demo and the tests."""
