"""Runs hidden cases on a delivered module, inside the sandbox, with the standard library only."""
