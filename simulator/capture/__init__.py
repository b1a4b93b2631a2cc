"""Capture of a real control plane: its discovery, schemas and first objects as data in `simulator/captured/`."""
