"""A typed client of a Makery server."""
