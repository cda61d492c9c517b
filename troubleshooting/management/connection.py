"""The options with which the shell says where a PC is, and with what to sign in there."""

from __future__ import annotations

import getpass
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from troubleshooting.machines.base import (
    CONFIGURATION_NAME,
    USUAL_ENDPOINT,
    Address,
    Auth,
    Credential,
    UnsafeAddress,
)
from troubleshooting.machines.catalogue import InvalidArgument, host_name
from troubleshooting.management.reported import wrong_usage

PASSWORD_VARIABLE = "PORTAL_DEVICE_PASSWORD"  # noqa: S105  the name of a variable


def add_connection(parser: ArgumentParser) -> None:
    """Declare the PC and how to reach it."""
    parser.add_argument("host", help="name or IP address of the PC")
    parser.add_argument("--port", type=int, help="WinRM port; 5986 for HTTPS and 5985 for HTTP where not given")
    scheme = parser.add_mutually_exclusive_group()
    scheme.add_argument("--http", dest="https", action="store_false", help="HTTP with message encryption")
    scheme.add_argument("--https", dest="https", action="store_true", help="HTTPS, verified (the default)")
    parser.set_defaults(https=True)
    parser.add_argument("--ca", type=Path, help="file with the authority that signed the PC's certificate")
    parser.add_argument("--auth", choices=[str(auth) for auth in Auth], default=str(Auth.NEGOTIATE))
    parser.add_argument("--username", help=f"account on the PC; its password: ${PASSWORD_VARIABLE} or a prompt")
    parser.add_argument("--certificate", type=Path, help="client certificate (PEM) for --auth certificate")
    parser.add_argument("--key", type=Path, help="key of the client certificate (PEM)")
    parser.add_argument("--endpoint", default=USUAL_ENDPOINT, help="session configuration on the PC")


def address_of(options: dict[str, Any]) -> Address:
    """Return where the PC is; what makes no sense is wrong usage."""
    port, ca_file = options["port"], options["ca"]
    if port is not None and not 1 <= port <= 65535:
        raise wrong_usage("The port is a number from 1 to 65535.")
    if ca_file is not None and not ca_file.is_file():
        raise wrong_usage(f"There is no file {ca_file}.")
    if not CONFIGURATION_NAME.fullmatch(options["endpoint"]):
        raise wrong_usage("--endpoint is the name of a session configuration, such as NetworkProtectionPortal.Reading.")
    try:
        host = host_name(options["host"])
        return Address(
            host,
            port=port,
            https=options["https"],
            auth=Auth(options["auth"]),
            ca_file=ca_file,
            configuration_name=options["endpoint"],
        )
    except InvalidArgument:
        raise wrong_usage("HOST is a name or an IP address, without http:// and without a port (see --port).") from None
    except UnsafeAddress as error:
        raise wrong_usage(f"{error} Leave out --http, or choose --auth negotiate.") from None


def credential_of(options: dict[str, Any], address: Address) -> Credential:
    """Return what to sign in with, asking for a password where none is set."""
    if address.auth is Auth.CERTIFICATE:
        return _certificate(options)
    username = options["username"]
    if address.auth is Auth.KERBEROS:  # without a password: the ticket of whoever runs this
        return Credential("command line", username, os.environ.get(PASSWORD_VARIABLE))
    if not username:
        raise wrong_usage(f"Give --username; its password comes from {PASSWORD_VARIABLE} or from a prompt.")
    return Credential("command line", username, _password(username))


def _certificate(options: dict[str, Any]) -> Credential:
    certificate, key = options["certificate"], options["key"]
    if certificate is None or key is None:
        raise wrong_usage("--auth certificate needs --certificate and --key.")
    missing = [str(path) for path in (certificate, key) if not path.is_file()]
    if missing:
        raise wrong_usage(f"There is no file {' and no file '.join(missing)}.")
    return Credential("command line", None, certificate_pem=certificate, certificate_key=key)


def _password(username: str) -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    try:
        return getpass.getpass(f"Password of {username}: ")
    except (EOFError, KeyboardInterrupt):
        raise wrong_usage(f"No password: set {PASSWORD_VARIABLE} or type it at the prompt.") from None
