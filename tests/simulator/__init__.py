"""Does the simulator behave as it says?"""
