"""Which kinds does a cluster have, and what is known of them? (From captured data and from its CRDs.)"""
