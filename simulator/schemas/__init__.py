"""Kinds and their schemas, from captured data and from CustomResourceDefinitions."""
