"""How much is there on a cluster, and what may one credential do there? Counted while somebody looks."""
