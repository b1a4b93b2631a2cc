"""Tests of the object pages."""
