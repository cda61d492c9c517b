"""Message encryption of WinRM over HTTP (MS-WSMV 2.2.9.1)."""

from __future__ import annotations

import struct

from spnego import ContextProxy
from spnego.exceptions import SpnegoError

PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
CONTENT_TYPE = f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"'
_BOUNDARY = b"--Encrypted Boundary"
_PAYLOAD = b"Content-Type: application/octet-stream\r\n"


class NotDecrypted(Exception):
    """The body is not what the peer of this context would have sent."""


def encrypt(context: ContextProxy, message: bytes) -> bytes:
    """Wrap a message into the multipart body of an answer."""
    wrapped = context.wrap_winrm(message)
    head = (
        f"--Encrypted Boundary\r\n\tContent-Type: {PROTOCOL}\r\n"
        f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(message) + wrapped.padding_length}"
        f"\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n"
    ).encode()
    return head + struct.pack("<i", len(wrapped.header)) + wrapped.header + wrapped.data + _BOUNDARY + b"--\r\n"


def decrypt(context: ContextProxy, body: bytes) -> bytes:
    """Unwrap the multipart body of a request; raises NotDecrypted."""
    start = body.find(_PAYLOAD)
    end = body.rfind(_BOUNDARY)
    if start < 0 or end <= start:
        raise NotDecrypted("no encrypted part")
    payload = body[start + len(_PAYLOAD) : end]
    try:
        (length,) = struct.unpack_from("<i", payload)
        return context.unwrap_winrm(payload[4 : 4 + length], payload[4 + length :])
    except (SpnegoError, struct.error) as error:
        raise NotDecrypted(str(error)) from error


def spoil(body: bytes) -> bytes:
    """Change the encrypted payload of an answer on its way."""
    middle = body.find(_PAYLOAD) + len(_PAYLOAD) + 24
    return body[:middle] + bytes([body[middle] ^ 0xFF]) + body[middle + 1 :]
