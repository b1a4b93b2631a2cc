"""Tests of Quarterdeck: one folder for each package, called as the package is."""
