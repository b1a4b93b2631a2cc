"""Tests of the door: what goes through it, and how it stands in the trail."""
