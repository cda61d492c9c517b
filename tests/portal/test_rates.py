"""How often one person may do what costs something, through the pages and counted in the tests' own Redis."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver, reverse
from structlog.testing import capture_logs

from portal.demo.embedded import free_port
from portal.rates import RATE_LIMITS, rate_limit_of, read_rates
from tests.factories import DeviceFactory, UserFactory
from tests.support.world import ADAM, IVO, person
from tests.views.cases.test_report import answers
from troubleshooting.models import ActivityEntry, Case

pytestmark = pytest.mark.usefixtures("nothing_counted")

# Forms that are not counted: they end, restore, revoke or stop something, and must never wait …
NEVER_LIMITED = {
    "case-solve",
    "case-withdraw",
    "check-cancel",
    "drift-remove-again",
    "emergency-stop-begin",
    "emergency-stop-lift",
    "exclusion-reject",
    "exclusion-revoke",
    "exclusion-withdraw",
    "lease-retry",
    "logout",
    "test-end",
    "test-reject",
    "test-visited",
    "undo-preview",
}
# … or cost a row, or have waits of their own.
CHEAP = {"exclusion-answer", "exclusion-ask-question", "submission", "submission-kept", "submission-record"}
FORM = "application/x-www-form-urlencoded"
OWN_WAITS = {"collection-send", "login", "password"}  # the first takes so many tries for each token


def limited(settings, **texts: str) -> None:
    """Set these rates, and no others."""
    found = read_rates(lambda name, usual: texts.get(name.removeprefix("RATE_").lower(), usual))
    settings.RATES = {name: found[name] for name in texts}


def patterns(of) -> Iterator[URLPattern]:
    for pattern in of:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.namespace is None:
            yield from patterns(pattern.url_patterns)


def forms() -> set[str]:
    """Return the names of all addresses that take a form, but for those with waits of their own."""
    request = RequestFactory().options("/")
    named = [pattern for pattern in patterns(get_resolver().url_patterns) if pattern.name]
    found = {str(pattern.name): pattern for pattern in named if pattern.name not in OWN_WAITS}
    arguments = {name: dict.fromkeys(pattern.pattern.converters, 1) for name, pattern in found.items()}
    said = {name: pattern.callback(request, **arguments[name])["Allow"] for name, pattern in found.items()}
    return {name for name, allowed in said.items() if "POST" in allowed}


def test_every_form_is_counted_or_says_why_not():
    counted = {view for limit in RATE_LIMITS if limit.method == "POST" for view in limit.views}

    assert counted | NEVER_LIMITED | CHEAP == forms()
    assert counted & (NEVER_LIMITED | CHEAP | OWN_WAITS) == set()


@pytest.mark.parametrize(
    ("view", "method", "query", "name"),
    [
        ("report", "POST", {}, "report"),
        ("report", "GET", {}, None),
        ("cases", "GET", {"q": "contoso"}, "search"),
        ("cases", "GET", {"q": ""}, None),
        ("cases", "GET", {"stage": "solved"}, None),
        ("cases", "HEAD", {"as": "csv", "q": "contoso"}, "export"),
        ("drift", "GET", {"as": "other"}, None),
        ("checklist", "GET", {"seen": "3"}, None),
    ],
)
def test_what_counts_as_what(view, method, query, name):
    limit = rate_limit_of(view, method, query)

    assert (limit and limit.name) == name


@pytest.mark.parametrize("text", ["", "often", "0/minute", "10"])
def test_a_rate_that_cannot_be_read_stops_the_start_with_a_sentence(text):
    with pytest.raises(ImproperlyConfigured, match="RATE_REPORT is "):
        read_rates(lambda name, usual: text if name == "RATE_REPORT" else usual)


@pytest.mark.django_db
def test_what_is_done_too_often_is_refused_with_a_wait_and_loses_nothing(client: Client, settings):
    limited(settings, report="2/minute;20/hour")
    device = DeviceFactory(owner=UserFactory())
    client.force_login(device.owner)
    for number in range(2):
        assert client.post(reverse("report"), answers(device, token=f"{number}")).status_code == 302
    before = ActivityEntry.objects.count()

    refused = client.post(reverse("report"), urlencode(answers(device)), content_type=FORM)

    page = refused.content.decode()
    assert (refused.status_code, Case.objects.count(), ActivityEntry.objects.count()) == (429, 2, before)
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert "You can do it again in" in page
    for name, value in answers(device).items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    assert client.get(reverse("report")).status_code == 200
    other = DeviceFactory(owner=UserFactory())
    client.force_login(other.owner)
    assert client.post(reverse("report"), answers(other)).status_code == 302


@pytest.mark.django_db
def test_an_hour_that_is_full_is_told_in_minutes(client: Client, settings):
    limited(settings, report="5/minute;1/hour")
    device = DeviceFactory(owner=UserFactory())
    client.force_login(device.owner)
    client.post(reverse("report"), answers(device, token="1"))

    refused = client.post(reverse("report"), answers(device))

    assert 3590 <= int(refused["Retry-After"]) <= 3600
    assert "in 60 minutes" in refused.content.decode()


@pytest.mark.django_db
def test_a_part_of_a_page_is_answered_with_a_part(client: Client, settings):
    limited(settings, report_step="1/minute")
    device = DeviceFactory(owner=UserFactory())
    client.force_login(device.owner)
    step, htmx = reverse("report-step", args=[1]), {"HX-Request": "true"}
    assert client.post(step, answers(device), headers=htmx).status_code == 200

    refused = client.post(step, answers(device), headers=htmx)

    assert (refused.status_code, refused["HX-Retarget"], refused["HX-Reswap"]) == (429, "#messages", "innerHTML")
    assert refused.content.decode().lstrip().startswith('<div class="notice" data-tone="warn">')


@pytest.mark.django_db
def test_a_list_that_was_downloaded_too_often_is_not_downloaded_once_more(client: Client, settings):
    limited(settings, export="1/minute")
    client.force_login(person(IVO))
    assert client.get(reverse("cases"), {"as": "csv"}).status_code == 200

    refused = client.get(reverse("cases"), {"as": "csv"})

    assert refused.status_code == 429
    assert ActivityEntry.objects.filter(action="list_exported").count() == 1
    assert f'<a class="button" href="{reverse("cases")}?as=csv">' in refused.content.decode()


@pytest.mark.django_db
def test_without_redis_each_process_counts_by_itself_and_says_so_once(client: Client, settings):
    limited(settings, drift="2/minute")
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    client.force_login(person(ADAM))

    with capture_logs() as logged:
        answers_given = [client.post(reverse("drift-scan-tenant")).status_code for _ in range(4)]

    assert answers_given == [302, 302, 429, 429]
    assert [line["event"] for line in logged].count("rates_counted_alone") == 1
