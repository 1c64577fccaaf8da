"""What every sandbox refuses before it starts anything."""

from makery.kernel.errors import InputError
from makery.kernel.ports import Command
from makery.sandbox.files import parts_of


def validate(command: Command) -> None:
    """Refuse a command that would leave its place.

    Raises:
        InputError: an empty command, a path or pattern that leaves the workspace, a mount that cannot be.
    """
    for path, _ in command.files:
        parts_of(path)
    for pattern in command.collect:
        parts_of(pattern)
    if not command.argv or any("\0" in word for word in command.argv):
        raise InputError("A command needs a program to run, and no NUL characters.")
    for mount in command.mounts:
        if (
            not mount.target.startswith("/")
            or ".." in mount.target.split("/")
            or mount.target.strip("/") == ""
        ):
            raise InputError(f"The mount target {mount.target!r} is not an absolute path inside the sandbox.")
        if not mount.source.exists():
            raise InputError(f"The folder {str(mount.source)!r}, to be mounted, does not exist.")
