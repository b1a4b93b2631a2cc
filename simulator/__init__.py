"""What does a Kubernetes API server answer, where none is at hand? (A pretend one, for the demo and the tests.)"""
