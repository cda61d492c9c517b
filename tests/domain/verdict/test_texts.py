from __future__ import annotations

import pytest

from tests.domain.texts import TECHNICAL
from troubleshooting.domain.verdict.texts import WORDS


@pytest.mark.parametrize("words", WORDS.values())
def test_verdicts_spare_employees_technical_words_and_say_what_is_next(words):
    assert not TECHNICAL.search(f"{words.employee} {words.step_text}")
    assert words.step_text.startswith("Next: ")
