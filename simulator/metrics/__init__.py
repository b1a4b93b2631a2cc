"""metrics.k8s.io: usage of pods and nodes, as metrics-server serves it."""
