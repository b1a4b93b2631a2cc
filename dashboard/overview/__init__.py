"""Overview: all clusters of a user, the page after sign-in."""
