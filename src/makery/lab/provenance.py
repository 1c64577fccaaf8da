"""Which Makery a result comes from: version, commit, and digests of what can change a run."""

import hashlib
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import makery

_UNIMPORTANT = ("interfaces", "lab", "testing")
"""Packages that change no run."""


@dataclass(frozen=True)
class Provenance:
    """12 hex digits each, of SHA-256."""

    makery: str
    commit: str
    """`+changes` where files differ from the commit; '' outside a checkout."""
    process: str
    prompts: str


@lru_cache(maxsize=1)
def provenance() -> Provenance:
    """Of the running Makery, as it was when this was first called."""
    root = Path(makery.__file__).parent
    sources = sorted(path for suffix in ("py", "md", "toml", "txt") for path in root.rglob(f"*.{suffix}"))
    own = [path for path in sources if path.relative_to(root).parts[0] not in _UNIMPORTANT]
    prompts = [path for path in own if path.suffix == ".md"]
    return Provenance(version("makery"), _commit(root), _digest(own, root), _digest(prompts, root))


def _digest(paths: list[Path], root: Path) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()[:12]


def _commit(root: Path) -> str:
    def git(*words: str) -> str:
        try:
            done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return ""
        return done.stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD")
    changed = commit and git("status", "--porcelain", "--untracked-files=no", "--", ".")
    return f"{commit}+changes" if changed else commit
