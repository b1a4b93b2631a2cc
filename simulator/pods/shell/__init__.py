"""Pretend shell of a container that there is not: a dozen canned programs; nothing of this machine is run."""
