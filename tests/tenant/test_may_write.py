"""Who writes is asked directly before each sending of a call that writes; what is raised then is raised as it is."""

from __future__ import annotations

import pytest

from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.defender_api.server import DefenderApi
from tests.tenant.speaking import Speaker

VALUE = "invoices.contoso-partner.example"


class HeldBack(Exception):
    """The test does not let a call be sent."""


class Asked:
    """Lets so many calls be sent, and remembers what the tenant had seen each time that it was asked."""

    def __init__(self, api: DefenderApi, *, lets: int, then: ApiFault | None = None) -> None:
        self.api, self.lets, self.then = api, lets, then
        self.seen: list[list[str]] = []

    def __call__(self) -> None:
        self.seen.append(methods(self.api))
        if len(self.seen) > self.lets:
            raise HeldBack
        if self.then is not None and len(self.seen) == 1:
            self.api.faults.add(self.then, times=1)


def methods(api: DefenderApi) -> list[str]:
    return [line.split()[0] for line in api.api_requests]


def test_it_is_asked_before_a_post_and_for_no_read(defender_api: DefenderApi):
    may_write = Asked(defender_api, lets=1)

    Speaker(defender_api).allow(may_write=may_write)

    assert (may_write.seen, methods(defender_api)) == ([["GET"]], ["GET", "POST", "GET"])


def test_what_is_there_already_asks_for_nothing(defender_api: DefenderApi):
    speaker, may_write = Speaker(defender_api), Asked(defender_api, lets=0)
    first = speaker.allow()

    assert speaker.allow(may_write=may_write) == first
    assert may_write.seen == []


@pytest.mark.parametrize("fault", [ApiFault.UNAUTHORIZED, ApiFault.THROTTLED])
def test_a_post_that_is_sent_again_is_asked_for_again(defender_api: DefenderApi, fault: ApiFault):
    may_write = Asked(defender_api, lets=2, then=fault)

    Speaker(defender_api).allow(may_write=may_write)

    assert may_write.seen == [["GET"], ["GET", "POST"]]


@pytest.mark.parametrize("fault", [None, ApiFault.UNAUTHORIZED, ApiFault.THROTTLED])
def test_a_post_that_is_held_back_is_not_sent_and_the_word_is_no_error_of_the_tenant(
    defender_api: DefenderApi, fault: ApiFault | None
):
    sent = 0 if fault is None else 1
    with pytest.raises(HeldBack):
        Speaker(defender_api).allow(may_write=Asked(defender_api, lets=sent, then=fault))

    assert (methods(defender_api), defender_api.tenant.indicators()) == (["GET", *["POST"] * sent], [])


@pytest.mark.parametrize("fault", [None, ApiFault.UNAUTHORIZED, ApiFault.THROTTLED])
def test_a_delete_that_is_held_back_leaves_the_indicator(defender_api: DefenderApi, fault: ApiFault | None):
    speaker, sent = Speaker(defender_api), 0 if fault is None else 1
    ours = speaker.allow()
    defender_api.requests.clear()

    with pytest.raises(HeldBack):
        speaker.indicators.remove(ours.id, value=VALUE, may_write=Asked(defender_api, lets=sent, then=fault))

    assert methods(defender_api) == ["GET", *["DELETE"] * sent]
    assert [entity["id"] for entity in defender_api.tenant.indicators()] == [ours.id]
