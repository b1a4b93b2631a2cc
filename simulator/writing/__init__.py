"""Write endpoints of the API server: create, update, patch, apply and delete."""
