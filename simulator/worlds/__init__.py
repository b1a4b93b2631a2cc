"""Which worlds are there? One YAML file for each: what a cluster holds, who is in it, and how it lives."""
