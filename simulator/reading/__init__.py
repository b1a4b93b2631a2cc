"""Read endpoints of the API server: objects, lists, Tables, watches, discovery."""
