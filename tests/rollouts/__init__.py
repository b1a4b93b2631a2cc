"""Tests of rollouts: what they say, why they do not go on, and their page."""
