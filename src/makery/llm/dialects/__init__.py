"""The wire formats of model providers: one module each, loaded when a model of that format is called."""
