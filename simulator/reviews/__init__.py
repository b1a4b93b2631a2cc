"""Review endpoints: access reviews, token reviews and token requests."""
