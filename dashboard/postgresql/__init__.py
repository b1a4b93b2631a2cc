"""Database backend: Django's PostgreSQL with a bounded pool, and a bound on every wait for the server."""
