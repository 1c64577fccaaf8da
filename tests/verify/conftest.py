"""A verifier on the real sandbox, and small programs to try it on."""

from collections.abc import Callable

import pytest

from makery.kernel.documents import Check, Requirement, SourceCode, SourceFile
from makery.languages.recognise import recognise
from makery.languages.registry import Registry
from makery.sandbox.bubblewrap import BubblewrapSandbox
from makery.verify.verifier import SandboxVerifier


@pytest.fixture
def screenshots() -> dict[str, bytes]:
    return {}


@pytest.fixture
def verifier(screenshots: dict[str, bytes]) -> SandboxVerifier:
    def keep(name: str, data: bytes) -> str:
        screenshots[name] = data
        return name

    sandbox = BubblewrapSandbox()
    return SandboxVerifier(Registry(sandbox), sandbox, recognise, keep=keep, most_mutants=6)


@pytest.fixture
def program() -> Callable[..., SourceCode]:
    def make(**files: str) -> SourceCode:
        named = {name.replace("__", "."): text for name, text in files.items()}
        return SourceCode(
            candidate=0, files=tuple(SourceFile(path=name, content=text) for name, text in named.items())
        )

    return make


@pytest.fixture
def check() -> Callable[..., Check]:
    def make(identifier: str, code: str) -> Check:
        return Check(id=identifier, clauses=(identifier.split("_")[0],), code=code)

    return make


@pytest.fixture
def module_requirement(verifier: SandboxVerifier) -> Requirement:
    return verifier.read_requirement(
        "Write a Python module `calc.py` with a function `double(x)` that doubles x."
    )


@pytest.fixture
def cli_requirement(verifier: SandboxVerifier) -> Requirement:
    return verifier.read_requirement(
        "Write a command-line program `echo.py`: `python echo.py WORD` prints WORD twice."
    )
