"""Tools for roles: Python functions, OpenAPI files, MCP servers; with permissions, bounds and retrieval."""
