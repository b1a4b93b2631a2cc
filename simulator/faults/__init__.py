"""What goes wrong on the way to a cluster, or in front of it? Switched on by tests, off in everything else."""
