"""Tools over the kernel's own ports: files of the workspace, pages, web search, Python in the sandbox."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from makery.kernel.errors import InputError, MakeryError
from makery.kernel.paths import path_problem
from makery.kernel.ports import Command, CommandLimits, Sandbox, SearchEngine, Workspace
from makery.tools.pages import page_tools
from makery.tools.tool import Tool, ToolFailed, function_tool

REACHING = ("pages_read",)
"""Tools that call addresses a model names: asked for before each use, unless the team's file allows them."""
BUILT_IN = (
    *("files_find", "files_list", "files_read", "files_write", "pages_read", "pages_view"),
    *("run_python", "web_search"),
)
"""Their names, for checking a team before there is a workspace."""
_LIMITS = CommandLimits(seconds=20, output_kib=64)


def file_tools(workspace: Workspace) -> tuple[Tool, ...]:
    """`files_list`, `files_read`, `files_write`, `files_find` in the run's workspace."""

    def files_list(pattern: str = "*") -> list[str]:
        """List the files of the workspace.

        Args:
            pattern: which ones, such as *.txt
        """
        return [path for path in workspace.files() if fnmatchcase(path, pattern)]

    def files_read(path: str) -> str:
        """Read a text file of the workspace.

        Args:
            path: its name as files_list gives it
        """
        files = workspace.files()
        if path not in files:
            raise ToolFailed(f"There is no file {path!r}. There are: {', '.join(files) or 'none'}.")
        return files[path]

    def files_write(path: str, text: str) -> str:
        """Write a text file into the workspace; one of that name is replaced.

        Args:
            path: its name, relative
            text: all of its new content
        """
        problem = path_problem(path)
        if problem:
            raise ToolFailed(f"The path {path!r} {problem}. Use a relative path like notes.txt.")
        try:
            workspace.put({path: text})
        except InputError as error:
            raise ToolFailed(str(error)) from error
        return f"Wrote {len(text)} characters to {path}."

    def files_find(text: str) -> list[str]:
        """Find the lines of the workspace's files that contain a text.

        Args:
            text: what to look for, in any case
        """
        return [
            f"{path}:{number}: {line.strip()}"
            for path, content in workspace.files().items()
            for number, line in enumerate(content.splitlines(), start=1)
            if text.casefold() in line.casefold()
        ][:50]

    reading = (function_tool(work, safe=True) for work in (files_list, files_read, files_find))
    # The workspace is the run's own folder and every step of it is a commit: writing there needs no question.
    return (*reading, function_tool(files_write, safe=True, reads=False))


def search_tool(engine: Callable[[], SearchEngine]) -> Tool:
    """`web_search`; the engine is looked for when it is first needed."""

    async def web_search(query: str) -> list[str]:
        """Search the web and get titles, addresses and excerpts.

        Args:
            query: a few words
        """
        try:
            hits = await engine().search(query)
        except MakeryError as error:
            raise ToolFailed(f"The search failed: {error}") from error
        return [f"{hit.title} ({hit.url}): {hit.snippet}" for hit in hits]

    return function_tool(web_search, safe=True)


def python_tool(sandbox: Sandbox) -> Tool:
    """`run_python`: a program in the sandbox, without network."""

    async def run_python(code: str) -> str:
        """Run a Python program and get what it prints.

        Args:
            code: the whole program; it prints what it finds out
        """
        command = Command(argv=("python3", "-c", code), limits=_LIMITS, purpose="tool")
        ended = await sandbox.run(command)
        if ended.exit_status != 0:
            reason = (
                f"ended by its {ended.exceeded} limit" if ended.exceeded else ended.stderr.strip()[-1500:]
            )
            raise ToolFailed(f"The program failed with exit status {ended.exit_status}: {reason}")
        return ended.stdout or "(It printed nothing. Use print.)"

    return function_tool(run_python, safe=True)


def builtin_tools(
    workspace: Workspace, sandbox: Sandbox, search: Callable[[], SearchEngine]
) -> tuple[Tool, ...]:
    """All of them."""
    pages = page_tools(workspace, sandbox)
    return (*file_tools(workspace), *pages, search_tool(search), python_tool(sandbox))
