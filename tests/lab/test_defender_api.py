"""The lab's tenant over HTTPS, spoken to by the standard library: what it answers is what the documentation says."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.defender_api.server import DefenderApi
from portal.demo.lab.defender_api.sign_in import SCOPE
from portal.demo.lab.defender_api.tenant import demo_tenant
from portal.demo.lab.pc import Visit
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.sites import Site

ALLOW = {
    "indicatorValue": "partner.example",
    "indicatorType": "DomainName",
    "action": "Allowed",
    "title": "NP-1",
    "description": "Wrongly blocked",
}
Talk = Callable[..., tuple[int, Any]]


def ask(api: DefenderApi, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    """Ask once; returns the status and the JSON, None where there is none."""
    context = ssl.create_default_context(cafile=str(api.ca_file))
    connection = http.client.HTTPSConnection("127.0.0.1", api.port, context=context, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


def sign_in(api: DefenderApi, **changes: str) -> tuple[int, Any]:
    form = {
        "grant_type": "client_credentials",
        "client_id": api.tenant.client_id,
        "client_secret": api.tenant.client_secret,
        "scope": SCOPE,
    }
    return ask(api, "POST", f"/{api.tenant.tenant_id}/oauth2/v2.0/token", urlencode(form | changes).encode())


@pytest.fixture
def talk(defender_api: DefenderApi) -> Talk:
    """Return ``talk(method, path, body=None)`` with a good token."""
    token = sign_in(defender_api)[1]["access_token"]

    def talk(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        content = b"" if body is None else json.dumps(body).encode()
        return ask(defender_api, method, path, content, Authorization=f"Bearer {token}")

    return talk


def filtered(text: str) -> str:
    return f"/api/indicators?$filter={quote(text)}"


def test_the_sign_in_describes_itself_and_gives_a_token(defender_api: DefenderApi):
    status, description = ask(
        defender_api, "GET", f"/{defender_api.tenant.tenant_id}/v2.0/.well-known/openid-configuration"
    )
    _, token = sign_in(defender_api)

    assert status == 200
    assert description["token_endpoint"] == f"{defender_api.url}/{defender_api.tenant.tenant_id}/oauth2/v2.0/token"
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3599)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 400, "unauthorized_client"),
        ({"scope": "wrong"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_assertion": "a.b.c"}, 401, "invalid_client"),
    ],
)
def test_the_sign_in_refuses_what_is_wrong(defender_api: DefenderApi, changes: dict[str, str], status: int, error: str):
    answer = sign_in(defender_api, **changes)

    assert (answer[0], answer[1]["error"]) == (status, error)


@pytest.mark.parametrize("authorization", ["", "Bearer nonsense", "Basic abc"])
def test_without_a_good_token_nothing_is_told(defender_api: DefenderApi, authorization: str):
    status, answer = ask(defender_api, "GET", "/api/indicators", Authorization=authorization)

    assert (status, answer["error"]["code"]) == (401, "Unauthorized")
    assert answer["error"]["target"] == defender_api.correlation_ids[0]


def test_the_sign_in_knows_one_tenant_and_two_paths(defender_api: DefenderApi):
    paths = ("/nobody/v2.0/.well-known/openid-configuration", f"/{defender_api.tenant.tenant_id}/saml2", "/")

    assert [ask(defender_api, "GET", path)[0] for path in paths] == [400, 404, 404]


def test_a_second_post_of_value_and_type_is_an_update(talk: Talk):
    _, first = talk("POST", "/api/indicators", ALLOW | {"application": "one"})
    _, second = talk("POST", "/api/v1.0/indicators", ALLOW | {"application": "two", "title": "NP-2"})
    _, listed = talk("GET", "/api/indicators")

    assert (second["id"], second["title"], second["application"]) == (first["id"], "NP-2", "one")
    assert [entity["id"] for entity in listed["value"]] == [first["id"]]


def test_delete_answers_204_and_404_the_second_time(talk: Talk):
    _, entity = talk("POST", "/api/indicators", ALLOW)

    assert talk("DELETE", f"/api/indicators/{entity['id']}") == (204, None)
    assert talk("DELETE", f"/api/indicators/{entity['id']}")[0] == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"indicatorValue": ""}, "MissingRequiredParameter"),
        ({"title": None}, "MissingRequiredParameter"),
        ({"action": "Allow"}, "InvalidInput"),
        ({"action": "Audit"}, "InvalidInput"),
        ({"severity": "Grave"}, "InvalidInput"),
        ({"indicatorType": "Domain"}, "InvalidInput"),
        ({"expirationTime": "2020-01-01T00:00:00Z"}, "InvalidInput"),
        ({"expirationTime": "tomorrow"}, "InvalidInput"),
        ({"rbacGroupNames": "Finance"}, "InvalidInput"),
        ({"rbacGroupNames": ["Nobody"]}, "InvalidInput"),
        ({"indicatorValue": "https://partner.example"}, "InvalidDomainName"),
        ({"indicatorValue": "partner.example:443"}, "InvalidDomainName"),
        ({"indicatorType": "IpAddress"}, "InvalidIpAddress"),
        ({"indicatorType": "IpAddress", "indicatorValue": "8.8.8.8/32"}, "InvalidIpAddress"),
        ({"indicatorType": "IpAddress", "indicatorValue": "192.168.1.1"}, "InvalidIpAddress"),
        ({"indicatorType": "IpAddress", "indicatorValue": "2001:4860:4860::8888"}, "InvalidIpAddress"),
        ({"indicatorType": "Url", "indicatorValue": "https://*.partner.example"}, "InvalidUrl"),
        ({"indicatorType": "Url", "indicatorValue": "https://["}, "InvalidUrl"),
        ({"indicatorType": "FileSha256"}, "InvalidHashValue"),
    ],
)
def test_a_wrong_indicator_is_refused_with_its_code(talk: Talk, change: dict[str, Any], code: str):
    status, answer = talk("POST", "/api/indicators", ALLOW | change)

    assert (status, answer["error"]["code"]) == (400, code)


def test_a_body_that_is_no_object_is_refused(defender_api: DefenderApi, talk: Talk):
    token = sign_in(defender_api)[1]["access_token"]
    _, garbled = ask(defender_api, "POST", "/api/indicators", b"{", Authorization=f"Bearer {token}")

    assert garbled["error"]["code"] == "InvalidRequestBody"
    assert talk("POST", "/api/indicators", [])[1]["error"]["code"] == "InvalidRequestBody"
    assert defender_api.tenant.indicators() == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("indicatorValue eq 'partner.example'", 1),
        ("indicatorValue eq 'PARTNER.example'", 0),
        ("indicatorType eq 'DomainName' and action eq 'Allowed'", 1),
        ("indicatorType eq 'Url' and action eq 'Allowed'", 0),
        ("title ne 'it''s'", 1),
        ("rbacGroupNames eq 'Finance'", 1),
        ("expirationTime gt 2030-01-01T00:00:00Z", 1),
        ("expirationTime lt 2030-01-01T00:00:00Z", 0),
        ("generateAlert eq false", 1),
        ("generateAlert gt 'x'", 0),
        ("title gt 2030-01-01", 0),
        ("creationTimeDateTimeUtc le 2000-01-01", 0),
    ],
)
def test_filters_are_understood(talk: Talk, text: str, found: int):
    talk("POST", "/api/indicators", ALLOW | {"rbacGroupNames": ["Finance"], "expirationTime": "2090-01-01T00:00:00Z"})

    assert len(talk("GET", filtered(text))[1]["value"]) == found


@pytest.mark.parametrize(
    "query",
    [
        "$filter=" + quote("nonsense"),
        "$filter=" + quote("secret eq 'x'"),
        "$filter=" + quote("title eq 'x' or action eq 'y'"),
        "$filter=" + quote("title eq nonsense"),
        "$top=10001",
        "$top=all",
        "$skip=-1",
    ],
)
def test_a_query_that_is_not_understood_is_an_odata_error(talk: Talk, query: str):
    status, answer = talk("GET", f"/api/indicators?{query}")

    assert (status, answer["error"]["code"]) == (400, "ODataError")


def test_limits_are_enforced_where_wanted(defender_api: DefenderApi, talk: Talk):
    moments = iter(range(0, 10_000_000, 500))
    defender_api.api.clock = lambda: next(moments) / 1_000
    defender_api.faults.add(ApiFault.LIMITS)
    statuses = [talk("GET", "/api/machines")[0] for _ in range(101)]

    assert statuses == [200] * 100 + [429]


def test_an_expired_indicator_is_no_longer_there(defender_api: DefenderApi, talk: Talk):
    _, entity = talk("POST", "/api/indicators", ALLOW | {"expirationTime": "2090-01-01T00:00:00Z"})
    defender_api.tenant.now = lambda: datetime(2090, 1, 1, tzinfo=UTC)

    assert talk("GET", "/api/indicators")[1]["value"] == []
    assert talk("DELETE", f"/api/indicators/{entity['id']}")[0] == 404


def test_unknown_paths_and_machines_are_not_found(talk: Talk):
    for path in ("/api/files", "/api/machines/nobody/alerts", "/api/machines?$filter=id%20eq%20'nobody'"):
        assert talk("GET", path)[1]["error"]["code"] == "ResourceNotFound"


def test_the_demo_s_tenant_has_its_pcs_an_alert_and_a_block_that_somebody_made():
    with DefenderApi(demo_tenant(["PC-0142", "PC-0143"])) as api:
        token = sign_in(api)[1]["access_token"]
        listed = {
            name: ask(api, "GET", f"/api/{name}", Authorization=f"Bearer {token}")[1]["value"]
            for name in ("machines", "alerts", "indicators")
        }

    assert [machine["computerDnsName"] for machine in listed["machines"]] == [
        "pc-0142.lab.example",
        "pc-0143.lab.example",
    ]
    assert [alert["machineId"] for alert in listed["alerts"]] == [listed["machines"][0]["id"]]
    assert [indicator["action"] for indicator in listed["indicators"]] == ["Block"]


@pytest.mark.parametrize("fault", ApiFault)
def test_every_fault_is_switched_on_and_off_and_the_tenant_lives_on(
    defender_api: DefenderApi, talk: Talk, fault: ApiFault
):
    defender_api.faults.replace([fault])
    assert list(defender_api.faults) == [fault]
    defender_api.faults.discard(fault)

    assert talk("GET", "/api/indicators")[0] == 200


@pytest.mark.parametrize(
    ("value", "groups", "host", "passes"),
    [
        ("partner.example", ["Simulated PCs"], "partner.example", True),
        ("partner.example", ["Simulated PCs"], "shop.partner.example", True),
        ("partner.example", [], "partner.example", True),
        ("partner.example", ["Finance"], "partner.example", False),
        ("partner.example", ["Simulated PCs"], "notpartner.example", False),
    ],
)
def test_an_allow_indicator_lets_pass_what_it_names_on_the_pcs_of_its_groups(defender_api, value, groups, host, passes):
    pc = healthy_windows_11()
    pc.sites = {host: Site(is_blocked=True)}
    defender_api.tenant.add_machine(pc.full_name)
    pc.tenant_allows = partial(defender_api.tenant.allows, on=pc.full_name)

    defender_api.tenant.put_by_person(value, "DomainName", "Allowed", rbacGroupNames=groups)

    assert pc.visit(f"https://{host}/") is (Visit.OPENED if passes else Visit.BLOCKED)
