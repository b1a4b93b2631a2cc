"""How do all clusters of a person stand? Tests of the overview."""
