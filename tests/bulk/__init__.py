"""Tests of actions on many selected objects."""
