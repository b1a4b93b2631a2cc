"""Tests of the overview: the state of all clusters of a user."""
