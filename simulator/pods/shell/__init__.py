"""Simulated shell of a container: a dozen canned programs; nothing of this machine is run."""
