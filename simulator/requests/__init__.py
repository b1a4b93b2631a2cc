"""Request handling: authentication, authorization, content negotiation and errors."""
