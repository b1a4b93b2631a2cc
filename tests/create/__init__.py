"""Tests of creating objects."""
