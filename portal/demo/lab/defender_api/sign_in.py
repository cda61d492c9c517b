"""The sign-in of the simulated tenant: its description and its token endpoint (docs/reference/apis.md section 1).

The forms of the errors are those of Microsoft Entra as generally known.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import itertools
import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from portal.demo.lab.defender_api.tenant import SimulatedTenant

SCOPE = "https://api.securitycenter.microsoft.com/.default"


@dataclass
class Refusal(Exception):
    """The sign-in says no."""

    status: int
    error: str
    number: int
    text: str

    def body(self) -> dict[str, Any]:
        """Return the JSON of it."""
        return {
            "error": self.error,
            "error_description": f"AADSTS{self.number}: {self.text}",
            "error_codes": [self.number],
            "correlation_id": str(uuid.uuid4()),
            "trace_id": str(uuid.uuid4()),
        }


class SignIn:
    """Return tokens and knows which of them are good."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        """Begin without a token."""
        self._tenant = tenant
        self._good: dict[str, frozenset[str]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def description(self, tenant_id: str, base_url: str) -> dict[str, Any]:
        """Return the OpenID configuration; raises Refusal for an unknown tenant."""
        self._check_tenant(tenant_id)
        return {
            "issuer": f"{base_url}/{tenant_id}/v2.0",
            "authorization_endpoint": f"{base_url}/{tenant_id}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base_url}/{tenant_id}/oauth2/v2.0/token",
        }

    def token(self, tenant_id: str, form: Mapping[str, str], base_url: str) -> dict[str, Any]:
        """Return a token; raises Refusal."""
        self._check_tenant(tenant_id)
        if form.get("grant_type") != "client_credentials":
            raise Refusal(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        if form.get("client_id") != self._tenant.client_id:
            raise Refusal(400, "unauthorized_client", 700016, f"Application {form.get('client_id')!r} was not found.")
        self._check_proof(form, f"{base_url}/{tenant_id}/oauth2/v2.0/token")
        if form.get("scope") != SCOPE:
            raise Refusal(400, "invalid_scope", 70011, "The provided value for the input parameter scope is not valid.")
        value = f"lab-token-{next(self._numbers)}-{uuid.uuid4().hex}"
        with self._lock:
            self._good[value] = self._tenant.roles
        return {"token_type": "Bearer", "expires_in": self._tenant.token_lifetime_s, "access_token": value}

    def roles_of(self, authorization: str) -> frozenset[str] | None:
        """Return the permissions of a request's token, None where it has none that is good."""
        scheme, _, value = authorization.partition(" ")
        return self._good.get(value) if scheme == "Bearer" else None

    def revoke_tokens(self) -> None:
        """Let every token end now, as time does."""
        with self._lock:
            self._good.clear()

    def _check_tenant(self, tenant_id: str) -> None:
        if tenant_id != self._tenant.tenant_id:
            raise Refusal(400, "invalid_tenant", 90002, f"Tenant '{tenant_id}' not found.")

    def _check_proof(self, form: Mapping[str, str], audience: str) -> None:
        if "client_assertion" in form:
            self._check_assertion(form["client_assertion"], audience)
        elif not hmac.compare_digest(form.get("client_secret", "").encode(), self._tenant.client_secret.encode()):
            raise Refusal(401, "invalid_client", 7000215, "Invalid client secret provided.")

    def _check_assertion(self, assertion: str, audience: str) -> None:
        try:
            claims = _claims(assertion, self._tenant.certificate_pem or b"")
        except (ValueError, TypeError, KeyError, binascii.Error, InvalidSignature) as error:
            raise Refusal(401, "invalid_client", 700027, "The certificate's key was not accepted.") from error
        if (claims.get("iss"), claims.get("aud")) != (self._tenant.client_id, audience):
            raise Refusal(401, "invalid_client", 700023, "Client assertion audience claim does not match.")


def _claims(assertion: str, certificate_pem: bytes) -> dict[str, Any]:
    """Return the claims of a signed assertion; raises InvalidSignature or ValueError."""
    head, body, signature = assertion.split(".")
    key = x509.load_pem_x509_certificate(certificate_pem).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("An RSA key is expected.")
    sha256 = hashes.SHA256()
    pss = padding.PSS(mgf=padding.MGF1(sha256), salt_length=padding.PSS.DIGEST_LENGTH)
    ways: dict[str, padding.PSS | padding.PKCS1v15] = {"PS256": pss, "RS256": padding.PKCS1v15()}
    way = ways[json.loads(_decoded(head))["alg"]]
    key.verify(_decoded(signature), f"{head}.{body}".encode(), way, sha256)
    claims: dict[str, Any] = json.loads(_decoded(body))
    return claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
