"""How do people manage clusters, shares, requests and credentials? One file for each task."""
