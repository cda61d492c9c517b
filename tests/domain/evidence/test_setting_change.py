"""Events 5007 and 5013: which setting, from what to what."""

from __future__ import annotations

import pytest

from tests.domain.builders import event
from troubleshooting.domain.evidence.setting_change import setting_change

NP = r"HKLM\SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\Network Protection"
LISTS = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Exclusions"

CHANGES = (  # event, old, new: setting, old, new, in a list
    (5007, rf"{NP}\EnableNetworkProtection = 0x1", rf"{NP}\EnableNetworkProtection = 0x2", "EnableNetworkProtection"),
    (5007, "", rf"{NP}\EnableNetworkProtection = 0x0", "EnableNetworkProtection"),
    (5007, rf"{NP}\EnableNetworkProtection = 0x1", None, "EnableNetworkProtection"),
    (5007, "", rf"{LISTS}\Processes\C:\a = b\x.exe = 0x0", r"Exclusions, Processes: C:\a = b\x.exe"),
    (5007, rf"{LISTS}\IpAddresses\192.0.2.9 = 0x0", "", "Exclusions, IpAddresses: 192.0.2.9"),
    (5007, r"HKLM\X\ProxyServer = http://a", r"HKLM\X\ProxyServer = http://b", "ProxyServer"),
    (5013, None, r"HKLM\SOFTWARE\Microsoft\Windows Defender\DisableAntiSpyware", "DisableAntiSpyware"),
)
SHOWN = (("1", "2"), (None, "0"), ("1", None), (None, "0"), ("0", None), ("http://a", "http://b"), (None, ""))


@pytest.mark.parametrize(("change", "shown"), list(zip(CHANGES, SHOWN, strict=True)))
def test_a_setting_is_told_from_what_to_what(change, shown):
    event_id, old, new, setting = change
    texts = {"value": new} if event_id == 5013 else {"old_value": old, "new_value": new}

    found = setting_change(event(None, event_id=event_id, **texts))

    assert (found.setting, found.old, found.new) == (setting, *shown)
    assert found.is_in_list is setting.startswith("Exclusions")
    assert found.is_refused is (event_id == 5013)
    assert found.path.startswith("HKLM\\")
    assert "= 0x" not in found.path


@pytest.mark.parametrize("about", [event(), event(None, event_id=5007), event(None, event_id=5013)])
def test_what_names_no_setting_is_none(about):
    assert setting_change(about) is None
