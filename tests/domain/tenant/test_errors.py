"""The words for the tenant's errors: closed, complete, and without what belongs to a device."""

from __future__ import annotations

import pytest

from troubleshooting.domain.tenant.errors import TENANT_ERRORS, TENANT_PASSING, TenantErrorCode, tenant_error_text


def test_the_table_names_every_code_and_nothing_else():
    assert set(TENANT_ERRORS) == set(TenantErrorCode)
    assert set(TenantErrorCode) > TENANT_PASSING


@pytest.mark.parametrize("code", TenantErrorCode)
def test_every_error_has_a_title_a_cause_and_a_remedy(code: TenantErrorCode):
    words = tenant_error_text(code)

    assert all(str(text) for text in (words.title, words.cause, words.it))
    assert len(str(words.title)) <= 60
    assert not str(words.title).endswith(".")
    assert str(words.cause).endswith(".")
    assert str(words.it).endswith(".")
