"""One runspace pool on one machine: opened once, closed whatever happens, and every wait bounded.

The only module that drives pypsrp; it knows pipelines and deadlines, not what is asked (``psrp`` does).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

import structlog
from pypsrp.complex_objects import PSInvocationState
from pypsrp.wsman import WSMan

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.machines.base import Address, Auth, Credential, Limits, ShouldStop
from troubleshooting.machines.envelopes import check_all
from troubleshooting.machines.errors import WIRE_ERRORS, MachineError, name_error
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.pool import Pool
from troubleshooting.machines.pypsrp_pipeline import HadEnough, Pipeline
from troubleshooting.machines.wire import Wire, system_trust

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# A shell that a killed worker leaves behind ends by itself (docs/reference/remoting.md section 3: quotas; WinRM takes
# 60 s or more).
IDLE_TIMEOUT_S = 180
SHORTEST_SLICE_S = 0.1
# A visit's answers are read in a few milliseconds. One that takes longer lets the visits of other PCs go first: only
# one thread of a process computes at a time.
READS_AT_ONCE_S = 0.01  # of the processor's time
STEPS_ASIDE_S = 0.001

# pypsrp's WSMan renews ElementTree's table of prefixes, which is shared by all threads and not guarded.
_wsman_lock = threading.Lock()


class Session:
    """A signed-in connection with one runspace pool. Every public method raises nothing but MachineError."""

    def __init__(self, address: Address, credential: Credential, *, limits: Limits, should_stop: ShouldStop) -> None:
        """Prepare the connection; nothing is sent before :meth:`open`."""
        self._address = address
        self._limits = limits
        self._should_stop = should_stop
        self._ends_at = time.monotonic() + limits.visit.total_seconds()
        self._next_look_at = 0.0
        self._has_cancel = False
        self._is_lost = False
        self._wire = Wire(connect_s=limits.connect.total_seconds(), may_be_local=limits.may_be_local)
        self._wsman = self._prepared(address, credential)
        self._pool = self._new_pool()

    @property
    def left_s(self) -> float:
        """Return the seconds that are left of the whole visit."""
        return self._ends_at - time.monotonic()

    @property
    def configuration_name(self) -> str:
        """Return the name of the endpoint that answers."""
        return self._address.configuration_name

    def open(self) -> None:
        """Sign in and start PowerShell on the device."""
        within_s = min(self._limits.opening.total_seconds(), max(self.left_s, SHORTEST_SLICE_S))
        self._call(within_s, self._pool.open)

    def renew(self) -> None:
        """Close the shell, whatever runs in it, and open another one over a new connection."""
        self._is_lost = True
        self.close()
        self._is_lost = False
        self._pool = self._new_pool()
        self.open()

    def close(self) -> None:
        """End the shell on the device, within the limit for closing; never raises.

        pypsrp leaves the shell of a broken pool alone (``RunspacePool.close``), so it is ended directly. After a loss
        the sign-in, which is bound to its connection, is made anew.
        """
        if self._is_lost:
            self._wire.close()
            self._wsman.transport.encryption = None
        try:
            self._call(self._limits.closing.total_seconds(), self._pool.shell.close)
        except MachineError as error:
            log.info("shell_not_closed", device=self._address.hostname, code=str(error.code))
        finally:
            self._pool.shell.opened = False

    def disconnect(self) -> None:
        """Close the connection itself."""
        with contextlib.suppress(*WIRE_ERRORS):
            self._wsman.close()

    def begin(self, entries: tuple[Entry, ...]) -> Pipeline:
        """Send entries as the statements of one pipeline."""
        pipeline = Pipeline(self._pool)
        self._call(self._patience_s(), pipeline.begin, entries)
        return pipeline

    def follow(self, pipeline: Pipeline, *, left_s: Callable[[], float], on_news: Callable[[], bool]) -> bool:
        """Wait for a pipeline in slices; True when it ended, False when its time is up or there is enough of it.

        Both clocks and the cancel are looked at while what came is read, too. Raises MachineError CANCELLED, after the
        pipeline was stopped, when a person ended the run.
        """

        def look() -> None:
            if min(left_s(), self.left_s) <= 0 or self._is_cancelled():
                raise HadEnough
            if time.thread_time() > reads_until:
                time.sleep(STEPS_ASIDE_S)

        reads_until = 0.0
        self._pool.look = look
        while pipeline.state == PSInvocationState.RUNNING:
            self._look_for_cancel(pipeline)
            slice_s = min(left_s(), self.left_s, self._limits.cancel_poll.total_seconds())
            if slice_s <= 0:
                return False
            reads_until = time.thread_time() + READS_AT_ONCE_S
            wait_s: Any = _whole_if_possible(max(slice_s, SHORTEST_SLICE_S))  # pypsrp writes any number as seconds
            try:
                self._call(wait_s + self._limits.silence.total_seconds(), pipeline.poll_invoke, timeout=wait_s)
            except HadEnough:
                on_news()
                self._look_for_cancel(pipeline)
                return False
            if not on_news():
                return False
        return True

    def stop(self, pipeline: Pipeline) -> None:
        """Really stop a running pipeline on the device."""
        if pipeline.state == PSInvocationState.RUNNING:
            self._call(self._limits.closing.total_seconds(), pipeline.stop)

    def _look_for_cancel(self, pipeline: Pipeline) -> None:
        if self._is_cancelled():
            with contextlib.suppress(MachineError):
                self.stop(pipeline)
            raise MachineError(Code.CANCELLED)

    def _is_cancelled(self) -> bool:
        """Tell whether a person has ended the run; asked for once in a while, and once is enough."""
        if not self._has_cancel and time.monotonic() >= self._next_look_at:
            self._next_look_at = time.monotonic() + self._limits.cancel_poll.total_seconds()
            self._has_cancel = self._should_stop()
        return self._has_cancel

    def _patience_s(self) -> float:
        """Return the longest wait for a short request, such as sending a command."""
        return self._limits.silence.total_seconds() + min(self._limits.opening, timedelta(seconds=20)).total_seconds()

    def _call(self, within_s: float, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with self._wire.bounded(within_s):
                return function(*args, **kwargs)
        except WIRE_ERRORS as error:
            self._is_lost = True
            raise name_error(error) from error

    def _new_pool(self) -> Pool:
        name = self.configuration_name
        return Pool(self._wsman, configuration_name=name, idle_timeout=IDLE_TIMEOUT_S)

    def _prepared(self, address: Address, credential: Credential) -> WSMan:
        keep_quiet()
        with _wsman_lock:
            wsman = WSMan(**_wsman_arguments(address, credential))
        transport = wsman.transport
        try:
            transport.session = transport._build_session()  # noqa: SLF001  else made, unbounded, on the first request
        except WIRE_ERRORS as error:
            raise name_error(error) from error
        check_all(transport)
        transport.session.trust_env = False  # no proxy and no .netrc of the worker's account
        transport.session.max_redirects = 0
        transport.session.mount("http://", self._wire)
        transport.session.mount("https://", self._wire)
        return wsman


def _wsman_arguments(address: Address, credential: Credential) -> dict[str, Any]:
    """Return pypsrp's arguments: encryption always over HTTP, verification always over TLS, English texts."""
    certificate = credential.certificate_pem if address.auth is Auth.CERTIFICATE else None
    key = credential.certificate_key if address.auth is Auth.CERTIFICATE else None
    return {
        "server": address.hostname,
        "port": address.port,
        "username": credential.username,
        "password": credential.password,
        "ssl": address.https,
        "auth": str(address.auth),
        "cert_validation": str(address.ca_file) if address.ca_file else system_trust(),
        "encryption": "auto" if address.https else "always",
        "no_proxy": True,
        "locale": "en-US",
        "certificate_pem": str(certificate) if certificate else None,
        "certificate_key_pem": str(key) if key else None,
    }


def keep_quiet() -> None:
    """Hold pypsrp's loggers at INFO: its debug log prints parameter values."""
    names = [name for name in logging.root.manager.loggerDict if name == "pypsrp" or name.startswith("pypsrp.")]
    for logger in map(logging.getLogger, ["pypsrp", *names]):
        if logger.getEffectiveLevel() < logging.INFO:
            logger.setLevel(logging.INFO)


def _whole_if_possible(seconds: float) -> int | float:
    return round(seconds) if seconds >= 1 else round(seconds, 2)
