"""Makery turns a requirement into verified software."""
