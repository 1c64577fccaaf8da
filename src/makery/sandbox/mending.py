"""The one command that gives this machine a sandbox."""

from pathlib import Path

_INSTALL = {
    "debian": "sudo apt-get install bubblewrap",
    "ubuntu": "sudo apt-get install bubblewrap",
    "fedora": "sudo dnf install bubblewrap",
    "rhel": "sudo dnf install bubblewrap",
    "centos": "sudo dnf install bubblewrap",
    "arch": "sudo pacman -S bubblewrap",
    "suse": "sudo zypper install bubblewrap",
    "opensuse": "sudo zypper install bubblewrap",
    "alpine": "sudo apk add bubblewrap setpriv util-linux-misc",
}
_SWITCHES = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
    ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", "0", "user.max_user_namespaces=15000"),
)
"""Below /proc/sys: the value that forbids user namespaces, and the setting that allows them."""


def installing_command(root: Path = Path("/")) -> str:
    """The command that installs bubblewrap on the distribution found below `root`."""
    names = _distribution(root / "etc/os-release")
    known = [_INSTALL[name] for name in names if name in _INSTALL]
    return known[0] if known else "Install the package `bubblewrap` of your distribution"


def allowing_command(root: Path = Path("/")) -> str:
    """The command that lets an installed bubblewrap create namespaces; '' if no switch forbids it."""
    for path, forbidding, setting in _SWITCHES:
        switch = root / "proc/sys" / path
        if switch.is_file() and switch.read_text(encoding="ascii").strip() == forbidding:
            return f"sudo sysctl -w {setting}"
    return ""


def _distribution(release: Path) -> list[str]:
    """`ID` and then `ID_LIKE` of os-release(5)."""
    if not release.is_file():
        return []
    lines = release.read_text(encoding="utf-8").splitlines()
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    return f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").lower().split()
