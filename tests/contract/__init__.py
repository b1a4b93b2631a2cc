"""Do the simulator and a real API server answer alike? Where both differ, the simulator is wrong."""
