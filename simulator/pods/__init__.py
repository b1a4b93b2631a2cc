"""What can be done with a running pod: its log, a shell in it, its eviction?"""
