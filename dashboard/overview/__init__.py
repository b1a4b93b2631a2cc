"""How do all of a person's clusters stand? The page after sign-in."""
