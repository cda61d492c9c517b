"""Care for the processes that the demo and the tests start: each is known by its id and ends with its owner.

A process is remembered in a ledger file by id and time of birth, so that the next start can end what a killed owner
left behind, and can never hit a stranger who was given the same id since.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

END_WITHIN_S = 15.0
FAMILY_GRACE_S = 2.0  # for the children of a process that has ended
LOG_LINES_SHOWN = 25


class StartFailed(Exception):
    """A process could not be started, or ended before it was ready; carries the last lines of its log."""

    def __init__(self, name: str, reason: str, log_tail: str = "") -> None:
        """Keep the name for the sentence on the terminal."""
        super().__init__(f"{name}: {reason}" + (f"\n{log_tail}" if log_tail else ""))
        self.name = name


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that cannot be mistaken for another: ids are given again, births are not."""

    pid: int
    born_at: float

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """Return the identity of a living process, or None."""
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return cls(pid, process.create_time())
        except psutil.NoSuchProcess:
            return None

    def process(self) -> psutil.Process | None:
        """Return the living process, or None when it has ended."""
        return psutil.Process(self.pid) if Identity.of(self.pid) == self else None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The file that remembers an owner and its children."""

    path: Path

    def owner(self) -> Identity | None:
        """Return the owner that wrote the ledger if it is still alive."""
        owners = [one for one in self._read("owner") if one.process() is not None]
        return owners[0] if owners else None

    def take_over(self) -> None:
        """Become the owner; end what the one before left behind."""
        self.end_leftovers()
        self._write(owner=[_self()], children=[])

    def end_leftovers(self) -> None:
        """End the recorded processes that are still alive, the youngest first."""
        for identity in reversed(self._read("children")):
            end_tree(identity)

    def remember(self, identity: Identity) -> None:
        """Add a child."""
        self._write(owner=self._read("owner"), children=[*self._read("children"), identity])

    def forget(self, identity: Identity) -> None:
        """Take a child out that has ended."""
        remaining = [one for one in self._read("children") if one != identity]
        self._write(owner=self._read("owner"), children=remaining)

    def close(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)

    def _read(self, part: str) -> list[Identity]:
        try:
            stored = json.loads(self.path.read_text(encoding="utf-8"))
            return [Identity(int(pid), float(born_at)) for pid, born_at in stored[part]]
        except (OSError, ValueError, KeyError, TypeError):
            return []  # never written, or torn by a crash

    def _write(self, *, owner: Iterable[Identity], children: Iterable[Identity]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "owner": [(one.pid, one.born_at) for one in owner],
            "children": [(one.pid, one.born_at) for one in children],
        }
        written = self.path.with_suffix(".new")
        written.write_text(json.dumps(content), encoding="utf-8")
        written.replace(self.path)


@dataclass(slots=True)
class Child:
    """A started process, its log, and the signal it takes as a request to end."""

    name: str
    popen: subprocess.Popen[bytes]
    identity: Identity
    log: Path
    ledger: Ledger
    end_signal: signal.Signals = signal.SIGTERM
    grace_s: float = END_WITHIN_S
    log_starts_at: int = 0

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self.popen.pid

    def exit_code(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self.popen.poll()

    def log_tail(self) -> str:
        """Return the last lines that this process wrote."""
        with contextlib.suppress(OSError), self.log.open("rb") as stream:
            stream.seek(self.log_starts_at)
            lines = stream.read().decode(errors="replace").splitlines()
            return "\n".join(lines[-LOG_LINES_SHOWN:])
        return ""

    def end(self) -> None:
        """Ask it to end, wait, and insist; its own children go with it."""
        end_tree(self.identity, end_signal=self.end_signal, grace_s=self.grace_s, reap=self.popen.poll)
        self.popen.wait()
        self.ledger.forget(self.identity)

    def kill(self) -> None:
        """End it at once, without a chance to clean up (what a power cut would do)."""
        end_tree(self.identity, end_signal=signal.SIGKILL, reap=self.popen.poll)
        self.popen.wait()
        self.ledger.forget(self.identity)


def start(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    ledger: Ledger,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: tuple[int, int] | None = None,
    end_signal: signal.Signals = signal.SIGTERM,
    grace_s: float = END_WITHIN_S,
) -> Child:
    """Start a process in its own session (so that Ctrl-C reaches only its owner) and write it into the ledger.

    ``account`` is the (user id, group id) to run as; None keeps the present one.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stream:
        log_starts_at = stream.tell()
        popen = subprocess.Popen(  # noqa: S603  the commands are written in this package
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
            user=account[0] if account else None,
            group=account[1] if account else None,
            extra_groups=() if account else None,
        )
    identity = Identity.of(popen.pid) or Identity(popen.pid, 0.0)
    ledger.remember(identity)
    return Child(name, popen, identity, log, ledger, end_signal, grace_s, log_starts_at)


def end_tree(
    identity: Identity,
    *,
    end_signal: signal.Signals = signal.SIGTERM,
    grace_s: float = END_WITHIN_S,
    reap: Callable[[], object] = lambda: None,
) -> None:
    """End a process and everything below it: the request first, SIGKILL for whoever is left after the grace.

    ``reap`` is called while waiting, so that one's own child does not stay behind as a zombie.
    """
    process = identity.process()
    if process is None:
        return
    family = [process, *_descendants(process)]
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(end_signal)
    _wait_for([process], grace_s, reap)
    for member in _wait_for(family, FAMILY_GRACE_S if end_signal != signal.SIGKILL else 0.0, reap):
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    _wait_for(family, grace_s, reap)


def _wait_for(processes: list[psutil.Process], timeout_s: float, reap: Callable[[], object]) -> list[psutil.Process]:
    """Return those that are still there after at most ``timeout_s``."""
    give_up_at = time.monotonic() + timeout_s
    while True:
        reap()
        remaining = [process for process in processes if _is_there(process)]
        if not remaining or time.monotonic() >= give_up_at:
            return remaining
        time.sleep(0.02)


def _is_there(process: psutil.Process) -> bool:
    """Tell whether a process still works; a zombie only waits for whoever is its parent now."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []


def _self() -> Identity:
    identity = Identity.of(os.getpid())
    assert identity is not None  # this process is alive
    return identity
