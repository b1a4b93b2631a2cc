"""Tests of the confirm page and of the actions behind it."""
