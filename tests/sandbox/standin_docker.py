"""A `docker` executable without an engine: records its words, answers with docker's exit statuses.

What a container would isolate is not isolated here; what is emulated is the protocol: ids, tar streams in and
out, ulimits, `kill -9 -1`, and exit statuses 125 (engine), 126, 127 and 128 + signal.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

STATE = Path(__file__).parent / "state"


def main(words: list[str]) -> int:
    STATE.mkdir(exist_ok=True)
    with (STATE / "calls.jsonl").open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(words) + "\n")
    if (STATE / "engine-down").exists():
        print("Cannot connect to the Docker daemon. Is the docker daemon running?", file=sys.stderr)
        return 125 if words[0] == "run" else 1
    return {"version": say_version, "image": has_image, "run": run, "exec": execute, "inspect": inspect}.get(
        words[0], remove
    )(words[1:])


def say_version(_: list[str]) -> int:
    print("29.0.0")
    return 0


def has_image(words: list[str]) -> int:
    return 0 if words == ["inspect", "makery-sandbox"] else 1


def run(words: list[str]) -> int:
    identifier = f"c{os.getpid()}"
    folder = STATE / identifier
    (folder / "work").mkdir(parents=True)
    fsize = next(word for word in words if word.startswith("fsize=")).partition("=")[2]
    (folder / "fsize").write_text(fsize, encoding="utf-8")
    binds = [word.removeprefix("--mount=").split(",") for word in words if word.startswith("--mount=")]
    mounts = [dict(part.split("=", 1) for part in bind if "=" in part) for bind in binds]
    (folder / "mounts").write_text(json.dumps(mounts), encoding="utf-8")
    print(identifier)
    return 0


def execute(words: list[str]) -> int:
    variables = {}
    rest = list(words)
    while rest[0].startswith("--"):
        option = rest.pop(0)
        if option == "--workdir":
            rest.pop(0)
        elif option.startswith("--env="):
            name, _, value = option.removeprefix("--env=").partition("=")
            variables[name] = value
    folder, argv = STATE / rest[0], rest[1:]
    if argv == ["sh", "-c", "kill -9 -1"]:
        return kill_all(folder)
    if argv[0] == "tar":
        argv = [str(folder / "work") if word == "/work" else word for word in argv]
    if argv[:3] == ["nice", "-n", "10"]:
        argv = argv[3:]
    return in_container(folder, argv, variables | at_home(folder, variables))


def at_home(folder: Path, variables: dict[str, str]) -> dict[str, str]:
    """The variables as they are where the targets of mounts do not exist."""
    path = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    for mount in json.loads((folder / "mounts").read_text(encoding="utf-8")):
        for name, value in variables.items():
            path[name] = value.replace(mount["target"], mount["source"])
    return path


def in_container(folder: Path, argv: list[str], variables: dict[str, str]) -> int:
    limit = int((folder / "fsize").read_text(encoding="utf-8"))
    bounds = lambda: (  # noqa: E731
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        resource.setrlimit(resource.RLIMIT_DATA, (1 << 31, 1 << 31)),
    )
    try:
        process = subprocess.Popen(
            argv, cwd=folder / "work", env=variables, preexec_fn=bounds, start_new_session=True
        )
    except FileNotFoundError:
        print(f'OCI runtime exec failed: "{argv[0]}": executable file not found in $PATH', file=sys.stderr)
        return 127
    (folder / f"{process.pid}.pid").touch()
    status = process.wait()
    return 128 - status if status < 0 else status


def kill_all(folder: Path) -> int:
    for file in folder.glob("*.pid"):
        try:
            os.killpg(int(file.stem), signal.SIGKILL)
        except ProcessLookupError:
            continue
    return 137


def inspect(words: list[str]) -> int:
    print("true" if (STATE / "oom").exists() else "false")
    return 0


def remove(words: list[str]) -> int:
    shutil.rmtree(STATE / words[-1], ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
