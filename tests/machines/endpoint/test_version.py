"""Which endpoint is older than the portal."""

from __future__ import annotations

import pytest

from troubleshooting.machines.endpoint.version import VERSION, is_older


@pytest.mark.parametrize("version", [None, "", "0.9.9", "0.10.0", "1", "x", "1.0.0", "1.2.0 ", "-1.0", "٢.0.0"])
def test_an_endpoint_is_older(version):
    assert is_older(version)


@pytest.mark.parametrize("version", [VERSION, "1.3.1", "1.10.0", "2.0.0.0", "10.0"])
def test_an_endpoint_is_new_enough(version):
    assert not is_older(version)
