"""The pack on its page: who gets it, what is looked at before it leaves, and what never leaves."""

from __future__ import annotations

import io
import json
from zipfile import ZipFile

import pytest
from django.urls import reverse

from tests.factories import CaseFactory
from tests.queries import made
from tests.views.checks.test_check_runs import signed_in, text_of
from troubleshooting.models import ActivityEntry, DeviceAnswer

pytestmark = pytest.mark.django_db

SECRETS = ("olga.secret", "4715550-1001", "10.20.30.40", "sk-live-77", "fs-secret-01", "falcon")


@pytest.fixture
def case():
    """Return a case whose evidence holds a secret of each kind, in what the PC answered and in what people wrote."""
    case = made.blocked_case(saw=r"C:\Users\olga.secret\x.png shows Falcon", reason="ask olga.secret@corp.example")
    answer = DeviceAnswer.objects.filter(snapshot__check_run__case=case).order_by("pk").first()
    answer.pk = None
    answer.name, answer.position = "planted", 900
    answer.content = {
        "Account": "CORP\\olga.secret",
        "Sid": "S-1-5-21-4715550-1001-1-500",
        "Proxy": "http://10.20.30.40:8080/p?lang=sk-live-77",
        "Share": r"\\fs-secret-01\home$",
        "Note": f"seen by {case.reporter.username}",
        case.device.hostname: f"{case.device.hostname.lower()}.corp.example",
    }
    answer.save()
    return case


def url(name: str, case) -> str:
    return reverse(name, args=[case.number])


def unzipped(response) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_pack_holds_everything_and_the_download_is_written_down(case):
    client = signed_in(made.reviewer())

    page = text_of(client.get(url("pack", case)))
    files = unzipped(client.post(url("pack", case)))

    assert list(files) == [
        "evidence.txt", "evidence.json", "events.xml", "fields.txt", "fields.json", "manifest.json", "SHA256SUMS",
    ]  # fmt: skip
    assert all(name in page for name in files)
    assert json.loads(files["evidence.json"])["case"]["number"] == case.number
    assert files["events.xml"].count(b"<Event ") >= 1
    assert ActivityEntry.objects.get(action="evidence_exported").details["form"] == "pack"


def test_two_downloads_are_the_same_to_the_last_byte(case):
    client = signed_in(made.reviewer())

    first, second = (b"".join(client.post(url("pack", case)).streaming_content) for _ in range(2))

    assert first == second


def test_no_secret_is_in_a_redacted_pack_and_the_page_says_what_was_taken_out(case):
    client = signed_in(made.reviewer())
    page = text_of(client.post(url("redacted-pack", case), {"words": "FALCON\n"}))
    seen = page.split('name="seen" value="')[1].split('"')[0]

    files = unzipped(client.post(url("redacted-pack", case), {"words": "FALCON\n", "seen": seen, "download": ""}))

    whole = unzipped(client.post(url("pack", case)))
    for secret in (*SECRETS, case.device.hostname.lower(), case.reporter.username.lower()):
        assert secret in b"".join(whole.values()).decode().lower()
        assert secret not in b"".join(files.values()).decode().lower()
    for removed in json.loads(files["manifest.json"])["removed"]:
        assert removed["placeholder"] in page
    assert case.indicator_value in files["evidence.txt"].decode()
    entry = ActivityEntry.objects.filter(action="evidence_exported").order_by("pk").first()
    assert entry.details["form"] == "redacted pack"
    assert "falcon" not in json.dumps(entry.details).lower()


def test_what_changed_since_it_was_looked_at_is_shown_again(case):
    client = signed_in(made.reviewer())
    page = text_of(client.get(url("redacted-pack", case)))
    seen = page.split('name="seen" value="')[1].split('"')[0]

    again = client.post(url("redacted-pack", case), {"words": "Falcon", "seen": seen, "download": ""})

    assert "changed since you looked at it" in text_of(again)
    assert not ActivityEntry.objects.filter(action="evidence_exported").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("x", "at least two characters"),
        ("ab\n" + "\n".join(f"w{n}" for n in range(60)), "at most 50"),
        ("w" * 2001, "2,000"),
    ],
)
def test_words_that_cannot_be_taken_out_are_refused_and_nothing_leaves(case, words, said):
    client = signed_in(made.reviewer())

    response = client.post(url("redacted-pack", case), {"words": words, "seen": "", "download": ""})

    assert said in text_of(response)
    assert not ActivityEntry.objects.filter(action="evidence_exported").exists()


def test_a_case_without_any_run_has_no_pack():
    assert signed_in(made.reviewer()).get(url("pack", CaseFactory())).status_code == 404


def test_a_pc_that_names_thousands_leads_back_with_a_sentence(case):
    answer = DeviceAnswer.objects.get(name="planted")
    DeviceAnswer.objects.create(
        snapshot=answer.snapshot,
        name="many",
        position=901,
        pipeline=answer.pipeline,
        sent_at=answer.sent_at,
        seconds=0,
        state=answer.state,
        errors=[],
        content=[{"ComputerName": f"host{number}x"} for number in range(2_000)],
    )

    page = text_of(signed_in(made.reviewer()).get(url("redacted-pack", case), follow=True))

    assert "it makes no pack without names" in page
    assert not ActivityEntry.objects.filter(action="evidence_exported").exists()
