"""The HTTP interface: it renders what the factory does, and decides nothing."""
