"""Faults of an installation of two processes: what pages say, what is lost, how long it takes (`make replicas`)."""
