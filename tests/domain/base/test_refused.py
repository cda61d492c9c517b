"""Every refusal carries a sentence for the person who asked."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import troubleshooting
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import say


def _all_refusals() -> list[type[Refused]]:
    for module in pkgutil.walk_packages(troubleshooting.__path__, "troubleshooting."):
        if not module.name.startswith("troubleshooting.migrations"):
            importlib.import_module(module.name)
    found, queue = [], [Refused]
    while queue:
        kind = queue.pop()
        found.append(kind)
        queue += kind.__subclasses__()
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", _all_refusals(), ids=lambda kind: kind.__name__)
def test_a_refusal_has_a_whole_sentence(kind):
    sentence = str(kind.text)

    assert sentence[0].isupper()
    assert sentence.endswith((".", "?"))


def test_a_given_sentence_wins_and_is_the_errors_own_text():
    refused = Refused(say("%(pc)s is away.", pc="PC-1"))

    assert (str(refused), str(refused.text), str(Refused.text)) == (
        "PC-1 is away.",
        "PC-1 is away.",
        "Nothing was changed. Reload the page to see the current status.",
    )
