"""Cluster runtime: controllers driven by the cluster's clock, and scripted events of a world."""
