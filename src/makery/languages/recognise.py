"""Which stack, kind and entry files a requirement asks for, from its own words alone."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Literal

from makery.kernel.documents import Target

FILE = re.compile(r"(?<![\w./-])((?:[A-Za-z_][\w-]*/)*[A-Za-z_][\w-]*)\.(py|html?|js)(?![\w])")
STARTED = re.compile(r"\bpython3?\s+((?:[\w-]+/)*[\w-]+\.py)\b")
LISTED = re.compile(r"(?:modules?|files?|模块|文件)\s*((?:`?[\w/-]+\.py`?\s*(?:、|,|，|and|和|及)?\s*){2,})")
NOT_FILES = {"p5.js", "node.js", "vue.js", "three.js", "react.js", "d3.js", "next.js", "express.js"}

WEB = re.compile(
    r"\b(browsers?|web ?pages?|html5?|javascript|for the web|canvas|p5\.js|web (app|game))\b"
    r"|浏览器|网页|前端",
    re.IGNORECASE,
)
PYTHON = re.compile(
    r"\bpython\b|\.py\b|\bcurses\b|\bcommand[- ]line\b|\bterminal\b|命令行|终端", re.IGNORECASE
)
HTTP = re.compile(
    r"http\.server|(?-i:\bREST(?:ful)?\b)|\b(JSON|HTTP|web) (API|service)\b|\bHTTP server\b|\bendpoints?\b"
    r"|\bserver\.py\b|--port\b|\bflask\b|\bfastapi\b|(HTTP|Web|网络|接口)\s*服务|接口服务",
    re.IGNORECASE,
)
SPLIT = re.compile(
    r"\b(split|divided|spread)\b.{0,40}\b(files|modules)\b|\bat least (two|three|four|\d)\b.{0,20}files"
    r"|(分成|拆成|拆分|至少).{0,8}个.{0,8}(文件|\.py|模块)|main\.py\s+--db",
    re.IGNORECASE,
)
TERMINAL = re.compile(
    r"\bcommand[- ]line\b|\bCLI\b|\bterminal\b|\bcurses\b|\bconsole\b|\bprints?\b|命令行|终端|控制台",
    re.IGNORECASE,
)
MODULE = re.compile(r"\b(module|library|package|class|functions?)\b|模块|类|函数", re.IGNORECASE)

KEEPS_STATE = re.compile(
    r"\.(json|db|csv|txt|sqlite3?|xml|ya?ml)\b|\b(database|saves?|saved|stores?|stored|keeps?|persist\w*)\b|数据库|保存|存储|数据文件",
    re.IGNORECASE,
)
WITH_ARGUMENTS = re.compile(r"\bpython3?\s+(?:[\w-]+/)*[\w-]+\.py[ \t]+[^\s`，。]")
_CLASS_NAME = r"(?:`[A-Z]\w*|[A-Z]\w*[a-z]\w*)"
NAMED_CLASS = re.compile(
    rf"(?<![\w-])class(?:es)?\s+{_CLASS_NAME}|(?<![各种分几])类\s*{_CLASS_NAME}|`[A-Z]\w*`\s*类"
)
"""Not "first-class CLI", "各类CSV" or "class B"."""

Kind = Literal["module", "cli", "app", "http", "web"]


def recognise(text: str, seed: Mapping[str, str] | None = None) -> Target:
    """The target that the words ask for; with nothing named, a command-line program `main.py`.

    `seed` is the repository to change, if there is one: then its own files decide.
    """
    if seed:
        return _of_repository(text, seed)
    if _is_web(text):
        return Target(language="web", kind="web", entry=(_first_page(text),))
    kind = _kind(text)
    keeps_state = bool(KEEPS_STATE.search(text))
    return Target(language="python", kind=kind, entry=_entry(text, kind), keeps_state=keeps_state)


def _files(text: str, *suffixes: str) -> list[str]:
    """File names in the text, in order, each once."""
    names = (f"{stem}.{suffix}" for stem, suffix in FILE.findall(text) if suffix in suffixes)
    return list(dict.fromkeys(name for name in names if name.lower() not in NOT_FILES))


def _is_web(text: str) -> bool:
    if _files(text, "py"):
        return False
    if _files(text, "html", "htm"):
        return True
    return bool(WEB.search(text)) and not PYTHON.search(text)


def _first_page(text: str) -> str:
    pages = _files(text, "html", "htm")
    return "index.html" if not pages or "index.html" in pages else pages[0]


def _kind(text: str) -> Kind:
    started = bool(STARTED.search(text))
    if NAMED_CLASS.search(text) and not WITH_ARGUMENTS.search(text) and not HTTP.search(text):
        # A program without arguments that is asked to have a class is looked at through that class.
        return "module"
    if HTTP.search(text):
        return "http"
    if SPLIT.search(text) and (started or TERMINAL.search(text)):
        return "app"
    if started or re.search(r"\bcommand[- ]line\b|\bcurses\b|\bterminal\b|命令行|终端", text, re.IGNORECASE):
        return "cli"
    return "module" if MODULE.search(text) and _files(text, "py") else "cli"


def _entry(text: str, kind: Kind) -> tuple[str, ...]:
    started = STARTED.findall(text)
    listed = [name for group in LISTED.findall(text) for name in _files(group, "py")]
    named = [name for name in _files(text, "py") if not PurePosixPath(name).name.startswith("test_")]
    first = (started or named or ["server.py" if kind == "http" else "main.py"])[0]
    return tuple(dict.fromkeys([first, *listed]))


def _of_repository(text: str, seed: Mapping[str, str]) -> Target:
    python = [path for path in seed if path.endswith(".py") and not _is_test(path)]
    pages = [path for path in seed if path.endswith((".html", ".htm"))]
    if pages and not python:
        return Target(language="web", kind="web", entry=(min(pages, key=_depth),))
    started = [name for name in STARTED.findall(text) if name in seed]
    mains = [
        path for path in python if PurePosixPath(path).name in ("main.py", "cli.py", "app.py", "server.py")
    ]
    if started or mains:
        entry = (started or sorted(mains, key=_depth))[0]
        kind: Kind = "http" if HTTP.search(text) or "http.server" in seed[entry] else "cli"
        return Target(language="python", kind=kind, entry=(entry,))
    packages = sorted(path for path in python if path.endswith("__init__.py"))
    return Target(
        language="python", kind="module", entry=tuple(packages or sorted(python))[:1] or ("main.py",)
    )


def _depth(path: str) -> tuple[int, int, str]:
    return path.count("/"), len(path), path


def _is_test(path: str) -> bool:
    pure = PurePosixPath(path)
    return "tests" in pure.parts or pure.name.startswith("test_") or pure.name in ("conftest.py", "setup.py")
