"""One file for each step from a schema to the next."""
