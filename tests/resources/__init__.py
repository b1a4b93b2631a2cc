"""Tests of the room that shows lists and objects of any kind."""
