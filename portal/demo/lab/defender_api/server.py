"""The simulated tenant on the network: sign-in and API on one HTTPS port of loopback."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import uuid
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from portal.demo.lab.certificates import Certificates, loopback_certificates
from portal.demo.lab.connection import Cut, reset_on_close
from portal.demo.lab.defender_api.api import Api, ApiReply, ApiRequest
from portal.demo.lab.defender_api.faults import ApiFault, ApiFaults, ApiFaultSettings
from portal.demo.lab.defender_api.problem import Problem
from portal.demo.lab.defender_api.sign_in import Refusal, SignIn
from portal.demo.lab.defender_api.tenant import SimulatedTenant

LONGEST_BODY = 1024 * 1024
GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
ELSEWHERE = "https://elsewhere.example"


class DefenderApi:
    """Serves one simulated tenant; a context manager that starts and stops it."""

    def __init__(
        self, tenant: SimulatedTenant | None = None, *, port: int = 0, certificates: Certificates | None = None
    ) -> None:
        """Prepare; port 0 means any free one, and the lab's own authority vouches for it."""
        self.tenant = tenant or SimulatedTenant()
        self.faults = ApiFaults()
        self.fault_settings = ApiFaultSettings()
        self.sign_in = SignIn(self.tenant)
        self.api = Api(self.tenant, self.sign_in, self.faults, self.fault_settings)
        self.closing = threading.Event()
        self.requests: list[str] = []  # "GET /api/indicators", in the order in which they came
        self.correlation_ids: list[str] = []  # of the errors told
        self._files = certificates or loopback_certificates()
        self._server = _Server(("127.0.0.1", port), _Handler, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="lab-api")

    @property
    def port(self) -> int:
        """Its port."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address, of the API as of the sign-in."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> Path:
        """The file of the authority that its certificate is verified against."""
        return self._files.ca_file

    @property
    def certificates(self) -> Certificates:
        """Its key and certificate."""
        return self._files

    @property
    def api_requests(self) -> list[str]:
        """The calls without those to the sign-in."""
        return [line for line in self.requests if " /api/" in line]

    @property
    def token_requests(self) -> int:
        """Count how often a token was asked for."""
        return sum(line.startswith("POST ") and line.endswith("/token") for line in self.requests)

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and end every connection."""
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.drop_connections()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close() waits for them
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], door: DefenderApi) -> None:
        super().__init__(address, handler)
        self.door = door
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(door.certificates.certificate, door.certificates.key)
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    def get_request(self) -> tuple[socket.socket, Any]:
        accepted, address = super().get_request()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secured = self._tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._connections.add(secured)
        return secured, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        with self._lock:
            connections = tuple(self._connections)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that trusts no lab, or went away, is none of the lab's errors."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "Lab"

    def setup(self) -> None:
        self.request.do_handshake()
        super().setup()

    def do_GET(self) -> None:
        """Answer."""
        self._answer()

    def do_POST(self) -> None:
        """Answer."""
        self._answer()

    def do_DELETE(self) -> None:
        """Answer."""
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name that http.server gives it
        """Say nothing."""

    def _answer(self) -> None:
        door, address = self.server.door, urlsplit(self.path)
        body = self.rfile.read(min(int(self.headers["Content-Length"] or 0), LONGEST_BODY))
        door.requests.append(f"{self.command} {address.path}")
        try:
            if address.path.startswith("/api/"):
                self._answer_call(address.path, address.query, body)
            else:
                self._answer_sign_in(address.path, body)
        except Cut:
            reset_on_close(self.connection)
            self.close_connection = True

    # --- the API ------------------------------------------------------------------------------------------------------

    def _answer_call(self, path: str, query: str, body: bytes) -> None:
        self._suffer()
        authorization = self.headers["Authorization"] or ""
        request = ApiRequest(self.command, path, dict(parse_qsl(query)), body, authorization)
        try:
            reply = self.server.door.api.answer(request)
        except Problem as problem:
            reply = self._told(problem)
        self._spoil_or_send(reply)

    def _suffer(self) -> None:
        """Be late, or never answer."""
        door = self.server.door
        if door.faults.strikes(ApiFault.SLOW):
            door.closing.wait(door.fault_settings.delay_s)
        if door.faults.strikes(ApiFault.SILENT):
            door.closing.wait()
            raise Cut
        if door.faults.strikes(ApiFault.CUT_BEFORE):
            raise Cut

    def _told(self, problem: Problem) -> ApiReply:
        target = str(uuid.uuid4())
        self.server.door.correlation_ids.append(target)
        message = problem.message
        if self.server.door.faults.strikes(ApiFault.ECHOES):
            message += f" {self.headers['Authorization']}"
        error = {"code": problem.code, "message": message, "target": target}
        return ApiReply(problem.status, {"error": error}, problem.headers)

    def _spoil_or_send(self, reply: ApiReply) -> None:
        strikes = self.server.door.faults.strikes
        if self.command == "POST" and strikes(ApiFault.CUT_AFTER_WRITE):
            raise Cut
        if strikes(ApiFault.SERVER_FAULT):
            self._send_json(self._told(Problem(500, "InternalServerError", "Something went wrong.")))
        elif strikes(ApiFault.GATEWAY_PAGE):
            self._send(502, GATEWAY_PAGE, {"Content-Type": "text/html"})
        elif strikes(ApiFault.REDIRECT):
            self._send(302, b"", {"Location": f"{ELSEWHERE}{self.path}"})
        elif strikes(ApiFault.GARBAGE):
            self._send(200, b"\xff\xfe not json {", {"Content-Type": "application/json"})
        elif strikes(ApiFault.BAD_COMPRESSION):
            self._send(200, b'{"value": []}', {"Content-Type": "application/json", "Content-Encoding": "gzip"})
        elif strikes(ApiFault.ODD_SHAPE):
            self._send_json(ApiReply(200, {"value": [{"id": ["not", "a", "text"]}]}))
        else:
            self._send_json(reply)

    # --- the sign-in --------------------------------------------------------------------------------------------------

    def _answer_sign_in(self, path: str, body: bytes) -> None:
        strikes = self.server.door.faults.strikes
        if strikes(ApiFault.SIGN_IN_FAULT):
            self._send_json(ApiReply(500, {"error": "server_error", "error_description": "AADSTS90033"}))
        elif strikes(ApiFault.SIGN_IN_THROTTLED):
            pause = {"Retry-After": self.server.door.fault_settings.retry_after}
            self._send_json(ApiReply(429, {"error": "throttled"}, pause))
        elif strikes(ApiFault.SIGN_IN_GARBAGE):
            self._send(200, b"<html>captive portal</html>", {"Content-Type": "text/html"})
        elif strikes(ApiFault.SIGN_IN_REDIRECT):
            self._send(302, b"{}", {"Location": f"{ELSEWHERE}{path}"})
        elif self.command == "POST" and strikes(ApiFault.SIGN_IN_ODD):
            self._send(
                200, self.server.door.fault_settings.sign_in_gives.encode(), {"Content-Type": "application/json"}
            )
        else:
            self._send_json(self._sign_in(path, dict(parse_qsl(body.decode("latin-1")))))

    def _sign_in(self, path: str, form: dict[str, str]) -> ApiReply:
        door, (tenant_id, _, rest) = self.server.door, path.lstrip("/").partition("/")
        try:
            if rest == "v2.0/.well-known/openid-configuration":
                base_url = ELSEWHERE if door.faults.strikes(ApiFault.SIGN_IN_ELSEWHERE) else door.url
                return ApiReply(200, door.sign_in.description(tenant_id, base_url))
            if rest == "oauth2/v2.0/token":
                return ApiReply(200, door.sign_in.token(tenant_id, form, door.url))
        except Refusal as refusal:
            if door.faults.strikes(ApiFault.ECHOES):
                refusal.text += f" {form.get('client_secret')}"
            return ApiReply(refusal.status, refusal.body())
        return ApiReply(404, {"error": "not_found"})

    # --- sending ------------------------------------------------------------------------------------------------------

    def _send_json(self, reply: ApiReply) -> None:
        body = b"" if reply.content is None else json.dumps(reply.content).encode()
        self._send(reply.status, body, {"Content-Type": "application/json", **reply.headers})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body and self.server.door.faults.strikes(ApiFault.CUT):
            self.wfile.write(body[: len(body) // 2])
            raise Cut
        self.wfile.write(body)
