"""What roles can do: one module and one prompt template of the same name each."""
