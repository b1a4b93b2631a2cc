"""Contract tests: the simulator against a real API server; where they differ, the simulator is wrong."""
