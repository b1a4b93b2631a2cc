"""What of a real control plane is data, and how does it come into `simulator/captured/`?"""
