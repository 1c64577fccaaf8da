"""An MCP server for tests: `python standin_mcp.py` speaks stdio, `server()` gives it for HTTP."""

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations


def server() -> MCPServer:
    made = MCPServer("standin")

    @made.tool(annotations=ToolAnnotations(read_only_hint=True))
    def double(number: int) -> int:
        """Double a number."""
        if number < 0:
            raise ToolError("negative numbers are not doubled here")
        return number * 2

    @made.tool()
    def secret_variable(name: str) -> str:
        """Tell an environment variable."""
        import os

        return os.environ.get(name, "(not set)")

    return made


if __name__ == "__main__":
    server().run()
