"""How does a cluster change: what is taken, filled in, checked, merged, removed?"""
