"""A pasted link to an alert: its form is checked, and only what is needed of it stays."""

from __future__ import annotations

import pytest

from troubleshooting.domain.submissions.alert_link import alert_link

TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
ALERT = "https://security.microsoft.com/alerts/da637551227677560813_-961444813"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (ALERT, ALERT),
        (f"{ALERT}?tid={TENANT}", f"{ALERT}?tid={TENANT}"),
        (f"  {ALERT}/?tid={TENANT}&source=email#story ", f"{ALERT}?tid={TENANT}"),
        (f"{ALERT}?tid=nobody", ALERT),
        ("HTTPS://Security.Microsoft.com/alerts/ab12", "https://security.microsoft.com/alerts/ab12"),
        ("https://security.microsoft.us/alerts/ab12", "https://security.microsoft.us/alerts/ab12"),
        ("http://security.microsoft.com/alerts/ab12", None),
        ("https://security.microsoft.com.example/alerts/ab12", None),
        ("https://security.microsoft.com@example.com/alerts/ab12", None),
        ("https://user@security.microsoft.com/alerts/ab12", None),
        ("https://security.microsoft.com:8443/alerts/ab12", None),
        ("https://security.microsoft.com:x/alerts/ab12", None),
        ("https://security.microsoft.com/incidents/7", None),
        ("https://security.microsoft.com/alerts/", None),
        ("https://security.microsoft.com/alerts/../x", None),
        ("https://security.microsoft.com/alerts/a\nb", None),
        ("https://[::1/alerts/ab12", None),
        ("javascript:alert(1)", None),
        ("da637551227677560813_-961444813", None),
        ("", None),
        (f"https://security.microsoft.com/alerts/{'a' * 600}", None),
    ],
)
def test_only_a_link_to_an_alert_is_taken(typed: str, kept: str | None):
    assert alert_link(typed) == kept
