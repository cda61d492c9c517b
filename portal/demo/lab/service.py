"""The WS-Management service of a simulated PC: envelopes in, envelopes out, shells in between."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Callable
from xml.etree.ElementTree import Element  # only the type; parsing is defusedxml's

import structlog

from portal.demo.lab import wsman
from portal.demo.lab.connection import Reply
from portal.demo.lab.faults import Fault
from portal.demo.lab.hostile import envelope as envelope_of
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.shell import Runner, Shell

log = structlog.get_logger(__name__)

OVERHEAD = 4096  # of an envelope around its streams
SPOILERS = (Fault.CUT_IN_ANSWER, Fault.GARBAGE, Fault.BROKEN_ENCRYPTION, Fault.REBOOT)
STOP_CODES = ("powershell/signal/ctrl_c", f"{wsman.SHELL}/signal/ctrl_c", f"{wsman.SHELL}/signal/ctrl_break")


class WSManService:
    """Keeps the shells of one PC and answers envelopes."""

    def __init__(self, pc: SimulatedPC, runner: Runner) -> None:
        """Begin without a shell; ``runner`` runs the statements of a pipeline."""
        self._pc = pc
        self._runner = runner
        self._shells: dict[str, Shell] = {}
        self._lock = threading.Lock()
        self._actions: dict[str, Callable[[wsman.Request, str], str]] = {
            "Create": self._create,
            "Command": self._command,
            "Receive": self._receive,
            "Send": self._send,
            "Signal": self._signal,
            "Delete": self._delete,
            "Get": self._get,
        }

    @property
    def sessions_open(self) -> int:
        """Count the shells that are open now."""
        return len(self._shells)

    def close_all(self) -> None:
        """End every shell."""
        with self._lock:
            shells, self._shells = self._shells, {}
        for shell in shells.values():
            shell.close()

    def answer(self, envelope: bytes, user: str) -> Reply:
        """Answer one envelope of that user."""
        try:
            request = wsman.read_request(envelope)
        except wsman.NotWSMan:
            return Reply(400, b"")
        try:
            body = wsman.write_answer(request, self._act(request, user))
            if Fault.HOSTILE in self._pc.faults and self._comes_after_answers(request):
                body = envelope_of(self._pc.fault_settings.hostile, body)
            return Reply(200, body, self._spoiler(request))
        except wsman.WSManFault as fault:
            return Reply(500, wsman.write_fault(request, fault.code))
        except Exception:
            log.exception("lab_request_broke", pc=self._pc.hostname, action=request.action)
            return Reply(500, wsman.write_fault(request, wsman.INTERNAL_ERROR))

    def _act(self, request: wsman.Request, user: str) -> str:
        if Fault.WSMAN_FAULT in self._pc.faults:
            raise wsman.WSManFault(self._pc.fault_settings.fault_code)
        if (action := self._actions.get(request.action)) is None:
            raise wsman.WSManFault(wsman.INVALID_ACTION)
        return action(request, user)

    def _spoiler(self, request: wsman.Request) -> Fault | None:
        """Return the fault that strikes this answer: one to a command, after the answers that come through."""
        struck = self._comes_after_answers(request)
        return next((fault for fault in SPOILERS if struck and fault in self._pc.faults), None)

    def _comes_after_answers(self, request: wsman.Request) -> bool:
        shell = self._shells.get(request.shell_id or "")
        if request.action != "Receive" or shell is None:
            return False
        return shell.answers > self._pc.fault_settings.after_answers

    def _create(self, request: wsman.Request, user: str) -> str:
        self._check_may_create(request, user)
        content = request.body.find("rsp:Shell/p:creationXml", wsman.NAMESPACES)
        wanted = request.body.find("rsp:Shell", wsman.NAMESPACES)
        if content is None or wanted is None:
            raise wsman.WSManFault(wsman.ENDPOINT_MISSING)
        shell = Shell(
            wanted.get("ShellId") or str(uuid.uuid4()).upper(), user, self._runner, endpoint=_endpoint(request)
        )
        shell.open(base64.b64decode(content.text or ""))
        with self._lock:
            self._shells[shell.shell_id] = shell
        return wsman.created(request, shell_id=shell.shell_id, owner=user)

    def _check_may_create(self, request: wsman.Request, user: str) -> None:
        if not self._pc.has_endpoint(_endpoint(request)):
            raise wsman.WSManFault(wsman.ENDPOINT_MISSING)
        if Fault.ACCESS_DENIED_ON_CREATE in self._pc.faults or not self._pc.admits(user):
            raise wsman.WSManFault(wsman.ACCESS_DENIED)
        if Fault.QUOTA_REACHED in self._pc.faults or len(self._shells) >= self._pc.max_shells:
            raise wsman.WSManFault(wsman.MAX_SHELLS)

    def _shell(self, request: wsman.Request) -> Shell:
        """Return the shell of a request; raises the fault UNEXPECTED_SELECTORS where it is gone."""
        shell = self._shells.get(request.shell_id or "")
        if shell is not None and Fault.SHELL_LOST in self._pc.faults:
            self._lose(shell)
            shell = self._shells.get(request.shell_id or "")
        if shell is None:
            raise wsman.WSManFault(wsman.UNEXPECTED_SELECTORS)
        return shell

    def _lose(self, shell: Shell) -> None:
        if shell.is_open and shell.answers >= self._pc.fault_settings.after_answers:
            self._end(shell)

    def _end(self, shell: Shell) -> None:
        with self._lock:
            self._shells.pop(shell.shell_id, None)
        shell.close()

    def _command(self, request: wsman.Request, user: str) -> str:
        line = _find(request.body, "rsp:CommandLine")
        command_id = line.get("CommandId") or str(uuid.uuid4()).upper()
        fragments = [argument.text or "" for argument in line.findall("rsp:Arguments", wsman.NAMESPACES)]
        self._shell(request).command(command_id, b"".join(base64.b64decode(part) for part in fragments))
        return f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"

    def _send(self, request: wsman.Request, user: str) -> str:
        stream = _find(request.body, "rsp:Send/rsp:Stream")
        self._shell(request).send(stream.get("CommandId"), base64.b64decode(stream.text or ""))
        return "<rsp:SendResponse/>"

    def _receive(self, request: wsman.Request, user: str) -> str:
        command_id = _find(request.body, "rsp:Receive/rsp:DesiredStream").get("CommandId")
        streams, done = self._shell(request).receive(
            command_id, timeout_s=request.timeout_s, room=request.max_envelope_size - OVERHEAD
        )
        return wsman.received(command_id, streams, done=done)

    def _signal(self, request: wsman.Request, user: str) -> str:
        signal = _find(request.body, "rsp:Signal")
        code = _find(signal, "rsp:Code").text or ""
        command_id, shell = signal.get("CommandId") or "", self._shell(request)
        if code in STOP_CODES:
            was_batch = shell.stop(command_id)
            if was_batch and self._pc.engine.stop_ends_shell:
                self._end(shell)
        else:
            shell.forget(command_id)
        return "<rsp:SignalResponse/>"

    def _delete(self, request: wsman.Request, user: str) -> str:
        self._end(self._shell(request))
        return ""

    def _get(self, request: wsman.Request, user: str) -> str:
        if request.shell_id is None:
            return wsman.CONFIG
        shell = self._shell(request)
        return wsman.shell(request, shell_id=shell.shell_id, owner=shell.owner)


def _endpoint(request: wsman.Request) -> str:
    return request.resource_uri.rpartition("/")[2]


def _find(parent: Element, path: str) -> Element:
    found = parent.find(path, wsman.NAMESPACES)
    if found is None:
        raise wsman.WSManFault(wsman.INVALID_ACTION)
    return found
