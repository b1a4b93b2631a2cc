"""Tests of what actions send, and of what is found out before they do."""
