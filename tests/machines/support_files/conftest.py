"""Fixtures that read a CAB from bytes."""

from __future__ import annotations

import pytest

from tests.machines.support_files.made import (
    opened,
)
from troubleshooting.machines.support_files.errors import UnreadableCab
from troubleshooting.machines.support_files.header import CabLimits
from troubleshooting.machines.support_files.reader import read_cab


@pytest.fixture
def read(tmp_path):
    def read(cab: bytes, **limits):
        with opened(tmp_path, cab) as file:
            return read_cab(file, limits=CabLimits(**limits))

    return read


@pytest.fixture
def fault(read):
    """Read a CAB that cannot be read, and return the reason."""

    def fault(cab: bytes, **limits):
        with pytest.raises(UnreadableCab) as refused:
            read(cab, **limits)
        assert str(refused.value.text)
        return refused.value.fault

    return fault
