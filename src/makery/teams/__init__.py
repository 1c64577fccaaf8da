"""Ways of working together: one protocol each."""
