"""The gateway: the only door to models. Importing this package loads none of its modules."""
