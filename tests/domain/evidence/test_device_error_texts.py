from __future__ import annotations

import pytest

from tests.domain.texts import TECHNICAL
from troubleshooting.domain.evidence.device_error_texts import DEVICE_ERRORS, error_text
from troubleshooting.domain.evidence.device_errors import PASSING, DeviceErrorCode


@pytest.mark.parametrize("code", DeviceErrorCode)
def test_every_device_error_has_a_title_a_cause_and_a_word_for_each_reader(code: DeviceErrorCode):
    words = error_text(code)

    assert all(str(text) for text in (words.title, words.cause, words.employee, words.it))
    assert not TECHNICAL.search(f"{words.title} {words.cause} {words.employee}")


def test_the_tables_name_every_code_and_nothing_else():
    assert set(DEVICE_ERRORS) == set(DeviceErrorCode)
    assert set(DeviceErrorCode) > PASSING
