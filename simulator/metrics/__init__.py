"""How much do pods and nodes use? metrics.k8s.io, as metrics-server serves it."""
