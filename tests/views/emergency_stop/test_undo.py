"""The preview of an undo, the undo itself and its progress, as an administrator gets them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import UserFactory
from tests.queries import made
from tests.support.roles import as_owner
from tests.views.emergency_stop.test_emergency_stop import (
    admin,
    an_hour_ago,
    in_force,
    messages_of,
    signed_in,
    stopped,
    text_of,
)
from troubleshooting.actions.exclusions.placements import settle
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import Exclusion, Placement, Undo
from troubleshooting.queries.emergency_stop import undo as undo_queries
from troubleshooting.queries.emergency_stop.undo import preview_undo

pytestmark = pytest.mark.django_db


def previewed(client: Client, since: str) -> str:
    return text_of(client.get(reverse("undo-preview"), {"since": since}))


def hidden(page: str, name: str) -> str:
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


def typed(page: str) -> str:
    """The reason in its field, which stands on the page, not in a dialog."""
    assert "<dialog" not in page
    return page.partition('name="undo-reason"')[2].partition(">")[2].partition("</textarea>")[0].strip()


def rows_of(page: str) -> list[str]:
    return re.findall(r'<td class="emergency-stop__value"> ?<span class="mono">([^<]+)</span>', page)


def numbers_of(page: str) -> list[str]:
    return re.findall(r"<dd>(\d+)</dd>", page.partition("facts--numbers")[2].partition("</dl>")[0])


def confirmed(client: Client, page: str, **fields: str):
    sent = {"since": hidden(page, "since"), "undo-seen": hidden(page, "undo-seen"), "undo-reason": "wrong list"}
    return client.post(reverse("undo-preview"), sent | fields)


def test_the_preview_shows_each_place_and_value_and_confirming_undoes_exactly_that():
    exclusion = in_force()
    client = signed_in(stopped())

    page = previewed(client, an_hour_ago())
    assert exclusion.value in page
    assert exclusion.case.device.hostname in page
    assert f"#{exclusion.pk}" in page
    assert exclusion.case.number in page
    assert "Will be removed and read back" in page
    response = confirmed(client, page)

    undo = Undo.objects.get()
    assert response.headers["Location"] == reverse("undo", args=[undo.pk])
    assert (undo.reason, [row["placement"] for row in undo.preview]) == (
        "wrong list",
        [exclusion.placements.get().pk],
    )
    assert Exclusion.objects.get().status == "revoked"
    done = text_of(client.get(reverse("undo", args=[undo.pk])))
    assert "Being removed" in done
    assert exclusion.value in done
    assert "1 still to do" in done


def test_the_result_says_when_nothing_is_left():
    exclusion = in_force()
    client = signed_in(admin())
    confirmed(client, previewed(client, an_hour_ago()))
    settle(exclusion.placements.get(), PlacementStatus.REMOVED, outcome=None, now=timezone.now())

    page = text_of(client.get(reverse("undo", args=[Undo.objects.get().pk])))

    assert "Nothing is left to do" in page
    assert "1 location done" in page


def test_what_changed_meanwhile_is_refused_and_shown_anew_with_the_reason_kept():
    in_force()
    client = signed_in(admin())
    page = previewed(client, an_hour_ago())
    other = in_force()

    again = text_of(confirmed(client, page, **{"undo-reason": "the wrong list"}))

    assert "Nothing was undone" in again
    assert "This has changed since you opened it" in again
    assert other.value in again
    assert hidden(again, "undo-seen") == preview_undo(datetime.fromisoformat(hidden(page, "since"))).digest
    assert typed(again) == "the wrong list"
    assert not Undo.objects.exists()
    confirmed(client, again, **{"undo-reason": typed(again)})
    assert Undo.objects.get().reason == "the wrong list"


def test_a_preview_that_changed_says_so_also_where_the_reason_is_missing():
    in_force()
    client = signed_in(admin())
    page = previewed(client, an_hour_ago())
    in_force()

    again = text_of(confirmed(client, page, **{"undo-reason": ""}))

    assert "This has changed since you opened it" in again
    assert "Write why, for example" in again


def test_an_undo_sent_twice_is_begun_once_and_both_lead_to_its_page():
    in_force()
    client = signed_in(admin())
    page = previewed(client, an_hour_ago())

    first, second = confirmed(client, page), confirmed(client, page)
    in_force()
    third = confirmed(client, page)

    undo = Undo.objects.get()
    for response in (first, second, third):
        assert response.headers["Location"] == reverse("undo", args=[undo.pk])
    assert set(messages_of(third)) == {
        "It is being undone. This page shows each location, and when it was read back as removed."
    }


def test_what_somebody_else_undid_is_not_said_to_be_ones_own():
    in_force()
    adam, eve = signed_in(admin()), signed_in(admin())
    page = previewed(adam, an_hour_ago())
    confirmed(eve, page)

    late = text_of(confirmed(adam, page))

    assert "Nothing from that time is still in force." in late
    assert typed(late) == "wrong list"
    assert Undo.objects.count() == 1


def test_nothing_is_undone_without_a_reason():
    in_force()
    client = signed_in(admin())
    page = previewed(client, an_hour_ago())

    again = text_of(confirmed(client, page, **{"undo-reason": " "}))

    assert "Write why, for example" in again.partition('id="id_undo-reason_error"')[2]
    assert hidden(again, "undo-seen") == hidden(page, "undo-seen"), "the preview stays with the form"
    assert not Undo.objects.exists()


def test_an_empty_time_says_so_and_offers_no_action():
    client = signed_in(admin())
    page = previewed(client, an_hour_ago())
    forced = client.post(reverse("undo-preview"), {"since": an_hour_ago(), "undo-reason": "x"})

    assert "Nothing to undo" in page
    assert "undo-seen" not in page
    assert "Nothing from that time is still in force." in text_of(forced)


@pytest.mark.parametrize(
    ("since", "sentence"),
    [
        ("", "Enter a starting time, for example"),
        ("yesterday", "Enter a date and a time"),
        ("2001-01-01T10:00", "more than 400 days ago"),
        ("9999-01-01T10:00", "is in the future"),
        ("2026-01-01T10:00+99:00", "Enter a date and a time"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_moment_that_is_none_is_said_beside_the_field(method, since, sentence):
    in_force()

    response = getattr(signed_in(admin()), method)(reverse("undo-preview"), {"since": since, "undo-reason": "x"})

    assert sentence in text_of(response).partition('id="id_since_error"')[2]
    assert not Undo.objects.exists()


def test_a_moment_that_is_none_loses_no_reason_which_goes_along_to_the_preview():
    exclusion = in_force()
    client = signed_in(admin())

    asked = text_of(client.post(reverse("undo-preview"), {"since": "yesterday", "undo-reason": "wrong list"}))
    assert typed(asked) == "wrong list"
    assert f'<form method="post" action="{reverse("undo-preview")}"' in asked
    shown = text_of(client.post(reverse("undo-preview"), {"since": an_hour_ago(), "undo-reason": typed(asked)}))

    assert "This is what would be undone. Please review it, then confirm below." in shown
    assert exclusion.value in shown
    confirmed(client, shown, **{"undo-reason": typed(shown)})
    assert Undo.objects.get().reason == "wrong list"


def test_of_many_places_the_first_are_listed_and_all_are_counted_and_undone(monkeypatch):
    monkeypatch.setattr(undo_queries, "PLACES_SHOWN", 2)
    exclusions = [in_force(value=f"203.0.113.{number}") for number in (71, 72, 73)]
    Placement.objects.filter(exclusion=exclusions[2]).update(was_there_before=True)
    client = signed_in(admin())

    page = previewed(client, an_hour_ago())
    preview = preview_undo(datetime.fromisoformat(hidden(page, "since")))
    assert "The first 2 of 3 locations are listed. All 3 will be undone." in page
    assert rows_of(page) == [exclusions[0].value, exclusions[1].value]
    assert numbers_of(page) == ["2", "1"]  # taken off, left as before
    assert hidden(page, "undo-seen") == preview.digest
    assert [(line.row.exclusion, line.places) for line in preview.counts.by_exclusion] == [
        (exclusion.pk, 1) for exclusion in exclusions[:2]
    ]
    assert "By exclusion: 3" in page
    assert "The first 2 are shown." in page
    confirmed(client, page)

    undo = Undo.objects.get()
    assert (undo.exclusions.count(), len(undo.preview)) == (3, 3)
    settle(exclusions[0].placements.get(), PlacementStatus.REMOVED, outcome=None, now=timezone.now())
    done = text_of(client.get(reverse("undo", args=[undo.pk])))
    assert "2 of 3 locations are listed, those still to do first." in done
    assert rows_of(done) == [exclusions[1].value, exclusions[2].value]
    assert numbers_of(done) == ["2", "1"]


def test_where_all_places_are_listed_nothing_is_counted_beside():
    in_force()
    client = signed_in(admin())
    page = previewed(client, an_hour_ago())
    confirmed(client, page)

    for shown in (page, text_of(client.get(reverse("undo", args=[Undo.objects.get().pk])))):
        assert "locations are listed" not in shown
        assert numbers_of(shown) == []


def test_a_moment_is_read_in_the_persons_zone():
    client = signed_in(UserFactory(administrator=True, time_zone="America/New_York"))
    wanted = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=1)
    in_force()

    page = previewed(client, f"{wanted.astimezone(ZoneInfo('America/New_York')):%Y-%m-%dT%H:%M}")

    assert datetime.fromisoformat(hidden(page, "since")) == wanted


def test_hostile_words_are_shown_as_words():
    client = signed_in(stopped(made.HOSTILE))
    in_force()
    confirmed(client, previewed(client, an_hour_ago()), **{"undo-reason": made.HOSTILE})

    for url in (reverse("emergency-stop"), reverse("undo", args=[Undo.objects.get().pk]), reverse("help")):
        page = text_of(client.get(url))
        assert made.HOSTILE not in page
        assert made.escape(made.HOSTILE) in page


def test_an_undo_that_does_not_exist_is_not_found():
    assert signed_in(admin()).get(reverse("undo", args=[4711])).status_code == 404


def test_the_tenant_is_named_where_a_value_is_there():
    exclusion = in_force()
    with as_owner():
        Placement.objects.filter(exclusion=exclusion).update(device=None)
    client = signed_in(admin())

    page = previewed(client, an_hour_ago())
    confirmed(client, page)

    assert "Tenant (Defender for Endpoint)" in page
    assert "Tenant (Defender for Endpoint)" in text_of(client.get(reverse("undo", args=[Undo.objects.get().pk])))


def test_with_a_stop_the_choices_stand_around_it():
    client = signed_in(stopped())
    page = text_of(client.get(reverse("emergency-stop")))

    assert [words for words in ("From one hour before the stop", "Since the stop began") if words in page] != []
    assert "Stop all changes first" not in page


def test_the_undos_show_the_newest(monkeypatch):
    monkeypatch.setattr(undo_queries, "SHOWN", 1)
    client = signed_in(admin())
    for _ in range(2):
        in_force()
        confirmed(client, previewed(client, an_hour_ago()))

    assert len(undo_queries.list_undos()) == 1
