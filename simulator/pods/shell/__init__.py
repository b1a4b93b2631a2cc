"""What answers in a container that there is not? A pretend shell and a few programs; nothing of this machine is run."""
