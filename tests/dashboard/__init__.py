"""Tests of the project package: settings, serving, headers and the shell."""
