"""What the README tells people to type, to set and to look for is there."""

from __future__ import annotations

import re

from portal.demo.lab.pcs import DEMO_PCS
from portal.demo.people import PEOPLE
from portal.rates import RATE_LIMITS
from tests.support.tree import ROOT, texts

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SETTINGS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "portal/settings").glob("*.py"))
RATES = {f"RATE_{limit.name.upper()}" for limit in RATE_LIMITS}
PER_PROFILE = "DEVICE_CREDENTIAL_<"
# What production may set, and what its README leaves to whoever reads the settings.
UNNAMED = {"SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"}


def section(heading: str) -> str:
    return README.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def variables() -> set[str]:
    """Return the settings of the table, with what ``…`` leaves out of a name written in full."""
    found = set()
    for cell in re.findall(r"^\| (`[A-Z].*?) \|", section("In production"), re.MULTILINE):
        names = re.findall(r"`([^`]+)`", cell)
        words = names[0].split("_")
        for name in names:
            ends = [f"{'_'.join(words[:n])}{name[1:]}" for n in range(len(words), 0, -1)] if name[0] == "…" else [name]
            found.add(next((end for end in ends if end in read_by_the_settings()), ends[0]))
    return {name for name in found if not name.startswith(PER_PROFILE)}


def read_by_the_settings() -> set[str]:
    return RATES | set(re.findall(r"\benv_[a-z]+\(\s*\"([A-Z_]+)\"", SETTINGS))


def test_every_recipe_that_a_document_names_is_in_the_makefile():
    recipes = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    named = {
        recipe
        for name, text in texts()
        if name.endswith(".md")
        for recipe in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
    }

    assert {"demo", "test", "lint"} <= named
    assert named <= recipes


def test_the_table_of_settings_is_what_the_settings_read():
    production = re.findall(r"\benv_[a-z]+\(\s*\"([A-Z_]+)\"", (ROOT / "portal/settings/base.py").read_text("utf-8"))
    elsewhere = {"HEARTBEAT_FILE"}  # with the processes, below the table

    assert variables() == RATES | set(production) - UNNAMED - elsewhere
    assert all(name in section("In production") for name in elsewhere)


def test_the_table_of_people_is_who_lives_in_the_demo():
    rows = re.findall(r"^\| ([a-z, ]+) \| ([a-z]+) \|(.*)\|$", section("A two-minute tour"), re.MULTILINE)
    people = {(name, role) for names, role, _ in rows for name in names.split(", ") if name != "name"}
    pcs = {(pc, names) for names, _, has in rows for pc in re.findall(r"\b[A-Z]+-\d{4}\b", has)}

    assert people == {(person.username, person.role) for person in PEOPLE}
    assert pcs == {(pc.hostname, pc.owner_username) for pc in DEMO_PCS}


def test_what_the_tour_quotes_from_the_pages_is_on_a_page():
    templates = "\n".join(text for name, text in texts() if name.endswith(".html"))
    quoted = re.findall(r'"([A-Z][^"]+)"', section("A two-minute tour") + section("When something goes wrong"))

    assert quoted
    assert [words for words in quoted if f'"{words}"' not in templates] == []
