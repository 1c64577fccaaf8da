"""Pages as a reader sees them: text, and a picture. The browser runs in the sandbox, without network."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from makery.kernel.ports import Command, CommandLimits, Sandbox, Workspace
from makery.tools.page_fetch import fetch_page
from makery.tools.tool import Tool, ToolFailed, function_tool

_READER = Path(__file__).with_name("page_reader.txt")
_LIMITS = CommandLimits(seconds=40, memory_mib=3072, processes=512, output_kib=256)
_PICTURE = "page.png"


def page_tools(
    workspace: Workspace, sandbox: Sandbox, *, fetch: Callable[[str], Awaitable[str]] = fetch_page
) -> tuple[Tool, ...]:
    """`pages_view` for a page of the workspace, and `pages_read` for one of the web.

    A page of the web is fetched, and shown where it reaches nothing: what it loads from elsewhere is missing.
    """

    async def pages_view(path: str) -> str:
        """Look at an HTML page of the workspace: its text, and a picture of it.

        Args:
            path: its name as files_list gives it
        """
        files = workspace.files()
        if path not in files:
            raise ToolFailed(f"There is no file {path!r}. There are: {', '.join(files) or 'none'}.")
        return await _seen(workspace, sandbox, path, files)

    async def pages_read(url: str) -> str:
        """Read a public web page: its text, and a picture of it. Its scripts can load nothing.

        Args:
            url: its address, with https://
        """
        return await _seen(workspace, sandbox, url, {"fetched.html": await fetch(url)})

    # Both put their picture into the workspace.
    return function_tool(pages_view, safe=True, reads=False), function_tool(pages_read)


async def _seen(workspace: Workspace, sandbox: Sandbox, address: str, files: dict[str, str]) -> str:
    """The text of the page; its picture is put into the workspace."""
    page = address if address in files else "fetched.html"
    reader = _READER.read_text(encoding="utf-8")
    command = Command(
        argv=("python3", "-c", reader, page, _PICTURE),
        files=tuple(files.items()),
        limits=_LIMITS,
        collect=(_PICTURE,),
        purpose="tool",
    )
    ended = await sandbox.run(command)
    pictures = [content for path, content in ended.collected if path == _PICTURE]
    if ended.exit_status != 0 or not pictures:
        last = ended.stderr.strip().splitlines()[-1:] or [f"exit status {ended.exit_status}"]
        raise ToolFailed(f"The browser could not show {address[:200]}: {last[0][:500]}")
    name = f"pages/{re.sub(r'[^A-Za-z0-9]+', '-', address).strip('-')[-60:]}.png"
    workspace.put({name: pictures[0]})
    return f"{ended.stdout.strip()}\n\n[A picture of it is in {name}.]"
