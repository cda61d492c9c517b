"""What code and documents cite is there: the document, its section, row, fact or words, and the paths it names.

A citation is written as a path from the root, with the section where one is meant, and the row or the fact.
Documents may also name their neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.tree import ROOT, texts

MENTION = re.compile(r"(?<![\w./*-])((?:\.\./|[\w.-]+/)*[\w-]+\.md)\b(?!-)")
NUMBER = r"\d+(?:\.\d+)?"
PLACE = rf"(?:sections?|facts?)\s+{NUMBER}|[PC]\d{{1,2}}"
TAIL = re.compile(
    rf"[`)\]*]*,?\s+(?P<places>(?:{PLACE})(?:(?:,\s+and\s+|\s+and\s+|,\s+|\s+to\s+|\s+)(?:{PLACE}|{NUMBER})\b)*)"
)
BARE_NUMBER = re.compile(r"[`)\]*]*,?\s+\d")
QUOTED = re.compile(r'[`)\]*]*,?\s+"(?P<words>[A-Z][^"]+)"')
ADR = re.compile(r"\bADRs? (\d+)\b|docs/adr/(\d{4})(?![\d-])")
FLOORS = "actions|domain|forms|machines|models|queries|tasks|templatetags|tenant|views"
PATH = re.compile(rf"`((?:docs|docker|portal|static|templates|tests|troubleshooting|{FLOORS})/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")

FILES = texts()
DOCUMENTS = {name: text for name, text in FILES if name.endswith(".md")}


def one_line(text: str) -> str:
    """Join what a comment or a docstring spreads over lines."""
    return re.sub(r"\s*\n\s*(?:#+:?(?=\s)\s*)?", " ", text)


def found(name: str, cited: str) -> str | None:
    """Return the cited document's path from the root; None where there is none."""
    for folder in (ROOT, (ROOT / name).parent) if name.endswith(".md") else (ROOT,):
        path = (folder / cited).resolve()
        if path.is_file() and path.is_relative_to(ROOT):
            return str(path.relative_to(ROOT))
    return None


def expanded(places: str) -> Iterator[tuple[str, str]]:
    """Return each place that is meant, by kind: ("section", "3"), ("row", "C6"), ("fact", "10")."""
    kind, before, is_range = "section", "", False
    for word in re.findall(rf"sections?|facts?|to|[PC]\d+|{NUMBER}", places):
        if word.startswith(("section", "fact")):
            kind, is_range = word.rstrip("s"), False
        elif word == "to":
            is_range = True
        else:
            letter, number = re.fullmatch(rf"([PC]?)({NUMBER})", word).groups()  # type: ignore[union-attr]
            first = int(float(before)) + 1 if is_range else int(float(number))
            between = range(first, int(float(number))) if is_range else ()
            for step in [*map(str, between), number]:
                yield ("row", letter + step) if letter else (kind, step)
            before, is_range = number, False


def has(document: str, kind: str, place: str) -> bool:
    pattern = {
        "section": rf"^#{{2,4}} {re.escape(place)}\.? ",
        "fact": rf"^{re.escape(place)}\. ",
        "row": rf"^\| {re.escape(place)} \|",
    }[kind]
    return re.search(pattern, DOCUMENTS[document], re.MULTILINE) is not None


def wrong_citations(name: str, text: str) -> list[str]:
    """Return what a file cites and is not there."""
    wrong, joined = [], one_line(text)
    for mention in MENTION.finditer(joined):
        cited, after = mention[1], joined[mention.end() :]
        if after.startswith("]("):  # a link's own words; its address follows
            continue
        document = found(name, cited)
        if document is None:
            wrong.append(cited)
        elif tail := TAIL.match(after):
            wrong += [f"{cited} {kind} {at}" for kind, at in expanded(tail["places"]) if not has(document, kind, at)]
            after = after[tail.end() :]
        elif BARE_NUMBER.match(after):
            wrong.append(f"{cited}{after[:10]}: a section is called a section")
        if document is not None and (quoted := QUOTED.match(after)):
            there = DOCUMENTS[document].replace('"', "")
            wrong += [] if quoted["words"] in there else [f'{cited} "{quoted["words"]}"']
    wrong += [f"ADR {n}" for n in map(max, ADR.findall(joined)) if not list(ROOT.glob(f"docs/adr/{int(n):04}-*.md"))]
    return wrong


def own_places(text: str) -> list[tuple[str, str]]:
    """Return the sections and facts of the document itself that it points to."""
    joined = one_line(text)
    for mention in reversed(list(MENTION.finditer(joined))):
        if tail := TAIL.match(joined, mention.end()):
            joined = joined[: mention.start()] + joined[tail.end() :]
    own = re.finditer(rf"\b(?:sections?|facts?)\s+{NUMBER}(?:(?:,| and| to) {NUMBER})*", joined)
    return [place for places in own for place in expanded(places[0])]


def test_what_a_file_cites_is_there():
    assert {name: wrong for name, text in FILES if (wrong := wrong_citations(name, text))} == {}


def test_a_reference_document_points_only_to_its_own_places_that_are_there():
    reference = {name: text for name, text in DOCUMENTS.items() if name.startswith("docs/reference/")}
    wrong = {name: [at for at in own_places(text) if not has(name, *at)] for name, text in reference.items()}

    assert len(reference) > 10
    assert {name: places for name, places in wrong.items() if places} == {}


def test_the_links_and_paths_of_a_document_lead_somewhere():
    wrong = {}
    for name, text in DOCUMENTS.items():
        here = (ROOT / name).parent
        wrong[name] = [link for link in LINK.findall(text) if not (here / link).exists()]
        wrong[name] += [
            path
            for path in PATH.findall(text)
            if not any((folder / path).exists() for folder in (ROOT, ROOT / "troubleshooting", here))
        ]

    assert {name: paths for name, paths in wrong.items() if paths} == {}


def test_no_file_names_what_lies_outside_the_repository():
    outside = re.compile(r"\.\./[s]hared|(?<![\w.])/[w]ork/\w")

    assert [name for name, text in FILES if outside.search(text)] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("docs/reference/checks{} section 1, P7, and section 5, C6 to C8", []),
        ("docs/reference/checks{}\n    # sections 1 to 3 and 5).", []),
        ("docs/reference/remoting{} section 9, docs/reference/powershell-answers{} facts 1 to 3", []),
        ('docs/reference/device-commands{}, "Reading"', []),
        ("reference/checks{}", ["reference/checks{}"]),
        ("docs/reference/checks{} section 12", ["docs/reference/checks{} section 12"]),
        ("docs/reference/checks{} sections 6 to 9", [f"docs/reference/checks{{}} section {n}" for n in (8, 9)]),
        ("docs/reference/checks{} section 5, C23", ["docs/reference/checks{} row C23"]),
        ("docs/reference/checks{} 1", ["docs/reference/checks{} 1: a section is called a section"]),
        ("docs/reference/powershell-answers{} fact 27", ["docs/reference/powershell-answers{} fact 27"]),
        ('docs/reference/device-commands{}, "Numbers"', ['docs/reference/device-commands{} "Numbers"']),
        ("as ADR 1 says; A" + "DR 99", ["A" + "DR 99"]),
    ],
)
def test_a_citation_that_leads_nowhere_is_found(text, wrong):
    md = "." + "md"  # put together here, so that this file itself cites nothing that is not there

    assert wrong_citations("troubleshooting/apps.py", text.format(*[md] * text.count("{}"))) == [
        citation.format(md) for citation in wrong
    ]
