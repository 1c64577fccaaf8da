"""An MCP server with two tools, made with the official Python package."""

from mcp.server.mcpserver import MCPServer

PRICES = {"pen": 1.5, "book": 12.0, "lamp": 20.0}
server = MCPServer("shop")


@server.tool()
def price(thing: str) -> float:
    """Tell what one of a thing costs: pen, book or lamp."""
    return PRICES[thing]


@server.tool()
def bill(pens: int, books: int, lamps: int) -> float:
    """Tell what so many things cost together."""
    return pens * PRICES["pen"] + books * PRICES["book"] + lamps * PRICES["lamp"]


if __name__ == "__main__":
    server.run()
