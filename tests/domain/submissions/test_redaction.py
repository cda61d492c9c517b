"""Names taken out of a pack: what is known, what is found by where it stands, and what has to stay."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troubleshooting.domain.submissions.redaction import Known, Redactor, RemovedKind, TooManyNames

KNOWN = Known(
    users=frozenset({"emma", "Emma Employee", "emma@contoso.example", "svc-portal"}),
    computers=frozenset({"PC-EMMA.corp.contoso.example"}),
    own_words=("Project Falcon", "R&D"),
    reported_host="shop.contoso.example",
)

# text · what may not be in what comes out
SECRETS = [
    (r"C:\Users\jörg.müller\AppData\Local\app.exe", "jörg.müller"),
    (r"\Device\HarddiskVolume3\Users\liv\Downloads\a.exe", "liv"),
    ("file:///C:/Users/otto/x.html", "otto"),
    ("path=C%3A%5CUsers%5Cnils%5Cx then nils again", "nils"),
    (r"C:\Documents and Settings\anna lee\x and later Anna%20Lee", "anna"),
    (r"started C:\Users\karl and went on\off", "karl"),
    (r"{\"Path\": \"C:\\Users\\fred\\x\"}", "fred"),
    ("<Computer>LAPTOP-77.ad.fabrikam.example</Computer> asked laptop-77", "laptop-77"),
    ("<Computer>LAPTOP-77.ad.fabrikam.example</Computer> of dc01.ad.fabrikam.example", "dc01"),
    ("<Data Name='User'>FABRIKAM\\olga</Data> olga FABRIKAM", "olga"),
    ("<Data Name='User'>FABRIKAM\\olga</Data> olga FABRIKAM", "fabrikam"),
    ("<Data Name='Source User'>AzureAD\\PiaLund</Data>", "pialund"),
    (r"copied from \\fileserver9\share\x.exe by fileserver9", "fileserver9"),
    ("User name: hugo, computer name: WS0042", "hugo"),
    ("User name: hugo, computer name: WS0042", "ws0042"),
    ("Benutzername: CORP\\\\ines", "ines"),
    ("S-1-5-21-1004336348-1177238915-682003330-512 did", "1177238915"),
    ("S-1-12-1-1111111111-2222222222-3333333333-4444444444", "2222222222"),
    ("write to Emma@Contoso.example or o'neil+x@sub.fabrikam.example", "neil"),
    ("write to Emma@Contoso.example", "emma"),
    ("EMMA EMPLOYEE, emma_employee, Emma%20Employee", "employee"),
    ("folder emma-docs", "emma"),
    ("pc-emma and PC-EMMA.CORP.CONTOSO.EXAMPLE", "pc-emma"),
    ("proxy.corp.contoso.example:8080", "proxy"),
    ("gateway 10.1.2.3, 172.31.0.9, 192.168.178.1, 100.64.1.1, 169.254.7.7", "10.1.2.3"),
    ("gateway 10.1.2.3, 172.31.0.9, 192.168.178.1, 100.64.1.1, 169.254.7.7", "172.31"),
    ("gateway 10.1.2.3, 172.31.0.9, 192.168.178.1, 100.64.1.1, 169.254.7.7", "192.168"),
    ("gateway 10.1.2.3, 172.31.0.9, 192.168.178.1, 100.64.1.1, 169.254.7.7", "100.64"),
    ("gateway 10.1.2.3, 172.31.0.9, 192.168.178.1, 100.64.1.1, 169.254.7.7", "169.254"),
    ("fd12:3456:789a::7 and fe80::1%eth0", "789a"),
    ("fd12:3456:789a::7 and fe80::1%eth0", "fe80"),
    ("https://shop.contoso.example/a?id=4711&u=x#top", "4711"),
    ("https://shop.contoso.example/a?4711", "4711"),
    ("https://shop.contoso.example/a#/inbox/4711", "4711"),
    ("https://tim:hunter2@shop.contoso.example/", "hunter2"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyjhbgcioijiuzi1nij9"),
    ("the project falcon plan", "falcon"),
    ("R&amp;D and r&d", "r&d"),
    ("XProject FalconY", "falcon"),
]

STAYS = [
    "https://shop.contoso.example/a",
    "shop.contoso.example:443",
    "event 1126 at 2026-11-27 10:00:00 UTC, destination 203.0.113.7",
    "Windows 11 Pro, build 10.0.22631.4",
    r"C:\Users\Public\Desktop and C:\Windows\System32\svchost.exe",
    r"NT AUTHORITY\SYSTEM S-1-5-18 S-1-5-32-544",
    r"\\?\C:\Program Files\x.exe",
    r"\Device\HarddiskVolume3\Program Files\Google\Chrome\Application\chrome.exe",
    "Get-WinEvent -FilterHashtable @{LogName='Microsoft-Windows-Windows Defender/Operational'}",
    "Really? Yes. What is it? Remove it at a date?: No",
    "2001:db8::1",
]


def redacted(document, known=KNOWN):
    redactor = Redactor(known)
    redactor.learn(document)
    return redactor.redacted(document), redactor


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_names_go_wherever_they_stand(text, secret):
    found, redactor = redacted(text)

    assert secret in text.casefold() or secret in text.casefold().replace("&amp;", "&")
    assert secret not in found.casefold()
    assert redactor.removed() or "***" in found  # what the portal hides in any text


@pytest.mark.parametrize("text", STAYS)
def test_what_names_nobody_stays(text):
    found, redactor = redacted(text)

    assert found == text
    assert redactor.removed() == ()


def test_the_same_name_becomes_the_same_placeholder_everywhere():
    found, redactor = redacted({"a": r"C:\Users\olga\x", "b": ["OLGA asked emma", {"UserName": "zed"}], "c": "zed"})

    assert found == {
        "a": r"C:\Users\[user 1]\x",
        "b": ["[user 1] asked [user 2]", {"UserName": "[user 3]"}],
        "c": "[user 3]",
    }
    assert [(one.placeholder, one.kind, one.times, one.value) for one in redactor.removed()] == [
        ("[user 1]", RemovedKind.USER, 2, "olga"),
        ("[user 2]", RemovedKind.USER, 1, "emma"),
        ("[user 3]", RemovedKind.USER, 2, "zed"),
    ]


def test_a_name_learned_in_one_document_goes_from_all_others():
    redactor = Redactor(KNOWN)
    for document in ("<Computer>WS0042</Computer>", {"text": "seen on ws0042"}):
        redactor.learn(document)

    assert redactor.redacted({"text": "seen on ws0042"}) == {"text": "seen on [computer 1]"}


def test_a_pc_that_names_thousands_gets_no_pack_instead_of_a_long_search():
    redactor = Redactor(KNOWN)

    with pytest.raises(TooManyNames):
        redactor.learn("".join(f"<Computer>host{number}x</Computer>" for number in range(5_000)))


NAMES = st.text("abcdefghijklmnopqrstuvwxyzäöüß0123456789", min_size=5, max_size=20).filter(
    lambda name: any(sign.isalpha() for sign in name)
)
PLACES = (
    r"C:\Users\{}\AppData\x.exe", "{}@mail.contoso.example", r"\\{}\c$", "<Computer>{}</Computer>", "see {}.", "({})",
    "https://host.example/p?u={}", "C%3A%5CUsers%5C{}%5Cx", '"{}"', "[{}]", "{}-x_{}", "user 1 {}",
)  # fmt: skip


@given(NAMES, st.lists(st.sampled_from(PLACES), min_size=1, max_size=6), st.booleans())
def test_no_known_name_comes_through_in_any_place(name, places, upper):
    text = "\n".join(place.replace("{}", name) for place in places)
    found, _redactor = redacted(text.upper() if upper else text, Known(users=frozenset({name})))

    plain = json.dumps(found, ensure_ascii=False).casefold()
    assert name.casefold() not in plain.replace("[user", "").replace("[computer", "")
