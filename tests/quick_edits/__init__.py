"""Tests of quick edits."""
