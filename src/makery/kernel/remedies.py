"""What to do about a database that failed, from what its driver said."""

RESTORE = "Put your backup in its place: see docs/backup.md."

_REMEDIES = (
    (("full", "No space", "too large", "disk I/O"), "Free some disk space, then continue the run."),
    (
        ("readonly", "read-only", "read only"),
        "Make the file and its folder writable, or name another database in the settings.",
    ),
    (("locked",), "Another program holds it: wait for it or end it."),
    (("not a database", "malformed", "corrupt", "decode"), RESTORE),
    (("unable to open",), "Check that its folder exists and is writable."),
)
"""Parts of messages of SQLite (https://sqlite.org/rescode.html), PostgreSQL and the operating system."""


def remedy_for(said: str) -> str:
    """One sentence for the user."""
    for parts, remedy in _REMEDIES:
        if any(part in said for part in parts):
            return remedy
    return "Check the database URL in the settings, and that the server is up."
