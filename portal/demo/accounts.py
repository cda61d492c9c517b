"""PostgreSQL refuses to run as root; here is the account it runs as instead, and what that account must reach."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

SUBSTITUTE = "nobody"  # exists on every system; no account has to be made


def server_account() -> tuple[int, int] | None:
    """Return (user id, group id) to run PostgreSQL as, or None to stay who we are."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(SUBSTITUTE)
    return entry.pw_uid, entry.pw_gid


def hand_over(directory: Path, account: tuple[int, int] | None) -> None:
    """Hand a directory over to the account and close it to everyone else."""
    directory.chmod(stat.S_IRWXU)
    if account is not None:
        os.chown(directory, *account)


def open_way_to(path: Path) -> None:
    """Let other accounts pass through (not list) the folders above ``path``, where they cannot yet."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def open_for_reading(tree: Path) -> None:
    """Let other accounts read a tree of programs that was installed with a narrow umask."""
    if tree.stat().st_mode & stat.S_IROTH:
        return
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
