"""The public suffix list (publicsuffix.org), which comes with the package and is never fetched.

Its private section names the services under which strangers have sites of their own.
"""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList

# For examples and tests (RFC 2606, 6761), and inside networks (RFC 6762, 8375; the rest by habit).
SPECIAL_SUFFIXES: frozenset[str] = frozenset(
    ("example", "test", "invalid", "local", "localdomain", "internal", "home", "lan", "corp", "intranet", "private")
)


@cache
def all_suffixes() -> PublicSuffixList:
    """Return the whole list; a suffix that it does not know is its last label."""
    return PublicSuffixList()


@cache
def official_suffixes() -> PublicSuffixList:
    """Return the section of the registries alone, without guesses."""
    return PublicSuffixList(only_icann=True, accept_unknown=False)


def has_known_suffix(host: str) -> bool:
    """Tell whether a name of several labels ends as names do, in public or inside a network."""
    last = host.rpartition(".")[2]
    suffix = official_suffixes().publicsuffix(host)
    return "." in host and suffix != host and (suffix is not None or last in SPECIAL_SUFFIXES)
