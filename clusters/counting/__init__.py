"""Counting: polls clusters for node, pod and warning counts while somebody views the overview."""
