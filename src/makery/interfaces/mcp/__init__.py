"""Makery as an MCP server: other agents build and change software with it."""
