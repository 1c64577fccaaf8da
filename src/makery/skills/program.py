"""Programs put together from their parts."""

from collections.abc import Sequence

from makery.kernel.documents import AS_FOUND, Package, Requirement, SourceCode, SourceFile
from makery.kernel.errors import ContractViolation


def assembled(parts: Sequence[SourceCode]) -> SourceCode:
    """One complete program from the parts that an act names; later parts replace files of earlier ones.

    Raises:
        ContractViolation: there is no part.
    """
    if not parts:
        raise ContractViolation("The act names no source code.")
    files = {file.path: file for part in parts for file in part.files}
    return parts[-1].replace(files=tuple(sorted(files.values(), key=lambda f: f.path)), complete=True)


def program_of(requirement: Requirement, parts: Sequence[SourceCode]) -> SourceCode:
    """The parts laid over the repository to change; without any part the repository as it was found.

    Raises:
        ContractViolation: there is neither part nor repository.
    """
    if requirement.seed and not parts:
        return SourceCode(candidate=AS_FOUND, files=requirement.seed)
    return with_seed(assembled(parts), requirement.seed)


def with_seed(program: SourceCode, seed: Sequence[SourceFile]) -> SourceCode:
    """The program laid over the repository that it changes."""
    files = {file.path: file for file in (*seed, *program.files)}
    return program.replace(files=tuple(sorted(files.values(), key=lambda f: f.path)))


def declaring(program: SourceCode, packages: Sequence[Package]) -> SourceCode:
    """The program with a `requirements.txt` that names its third-party packages, if it has any."""
    if not packages:
        return program
    names = "".join(f"{name}\n" for name in sorted({package.distribution for package in packages}))
    declaration = SourceFile(path="requirements.txt", content=names)
    return with_seed(program, (declaration,))
