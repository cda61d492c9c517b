"""What the tests need to speak to the lab's PCs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME, LabServer
from troubleshooting.machines.base import Address, Answer, Auth, Credential, Limits
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.psrp import Machine, connect
from troubleshooting.machines.visit import visit

CREDENTIAL = Credential("lab", LAB_USERNAME, LAB_PASSWORD)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


# Short enough for a test, long enough for a busy machine.
LIMITS = Limits(
    connect=seconds(5),
    opening=seconds(20),
    closing=seconds(5),
    silence=seconds(10),
    command=seconds(20),
    visit=seconds(60),
    cancel_poll=seconds(0.2),
    may_be_local=True,
)
IMPATIENT = Limits(
    connect=seconds(2),
    opening=seconds(1),
    closing=seconds(2),
    silence=seconds(1),
    command=seconds(1.5),
    visit=seconds(30),
    cancel_poll=seconds(0.2),
    may_be_local=True,
)


def now() -> datetime:
    return datetime.now(UTC)


def address_of(server: LabServer, **settings: Any) -> Address:
    """Return a server's address, trusting its authority where it serves HTTPS."""
    ca_file = server.ca_file if server.https else None
    return Address(
        **{"hostname": "localhost", "port": server.port, "https": server.https, "auth": Auth.NTLM, "ca_file": ca_file}
        | settings
    )


@dataclass
class Visited:
    """What came of a visit."""

    answers: list[Answer] = field(default_factory=list)
    error: MachineError | None = None

    @property
    def states(self) -> dict[str, str]:
        """Return the state of each reading by its name."""
        return {answer.name: str(answer.reading.state) for answer in self.answers}

    @property
    def codes(self) -> dict[str, str]:
        """Return the error codes by name, of those that have one."""
        return {answer.name: str(answer.reading.error_code) for answer in self.answers if answer.reading.error_code}


def call_on(
    server: LabServer,
    *,
    limits: Limits = LIMITS,
    credential: Credential = CREDENTIAL,
    should_stop: Callable[[], bool] = lambda: False,
    visited: Visited | None = None,
    **settings: Any,
) -> Visited:
    """Visit a server and give what came of it, a MachineError included."""
    visited = visited or Visited()
    try:
        visit(
            address_of(server, **settings),
            credential,
            on_answers=visited.answers.extend,
            should_stop=should_stop,
            limits=limits,
            clock=now,
        )
    except MachineError as error:
        visited.error = error
    return visited


def speak_to(
    server: LabServer, *, limits: Limits = LIMITS, credential: Credential = CREDENTIAL, **settings: Any
) -> AbstractContextManager[Machine]:
    """Open a session on a server."""
    return connect(address_of(server, **settings), credential, limits=limits, clock=now)
