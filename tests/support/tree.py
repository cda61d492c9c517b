"""The repository's own files, for tests about them."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = {".py", ".html", ".css", ".js", ".md", ".toml", ".txt", ".yml", ".yaml", ".sh", ""}


def tracked() -> list[Path]:
    """Return the files that are, or are about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """Return the path from the root and the text of every file that is text."""
    return [(str(p.relative_to(ROOT)), p.read_text(encoding="utf-8")) for p in tracked() if p.suffix in TEXT]
