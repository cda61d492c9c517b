"""Settings for many PCs: complete, and as PowerShell reads them."""

from __future__ import annotations

import pytest

from tests.support.powershell_reader import Command, read_commands
from troubleshooting.domain.checks.registry import CHECKS
from troubleshooting.domain.fleet.registry_file import registry_file
from troubleshooting.domain.fleet.settings import BY_CHECK, FIXED, ip_exclusion, process_exclusion

ODD = "C:\\a’; Start-Process calc; ’b.exe"
ALL = [*FIXED.values(), ip_exclusion("203.0.113.7"), ip_exclusion("203.0.113.0/24"), process_exclusion(ODD)]


@pytest.mark.parametrize("setting", ALL, ids=lambda one: one.set)
def test_each_has_a_way_in_powershell_and_one_for_fleets(setting):
    ((done,),) = read_commands(setting.set)
    ((undone,),) = read_commands(setting.undo)

    assert done.name in ("Set-MpPreference", "Add-MpPreference")
    assert undone.name == "Remove-MpPreference"
    assert done.arguments[0][0] == undone.arguments[0][0] == setting.parameter
    assert setting.oma_uri or setting.group_policy
    assert registry_file(setting.registry)


@pytest.mark.parametrize("setting", ALL, ids=lambda one: one.set)
def test_the_script_sets_it_and_reads_it_back(setting):
    first, *rest = setting.script().splitlines()

    assert first == "#Requires -RunAsAdministrator"
    assert read_commands("\n".join(rest)) == [
        *read_commands(setting.set),
        [Command("Get-MpPreference", []), Command("Select-Object", [("Property", setting.parameter)])],
    ]


def test_a_value_stays_one_value_in_every_form():
    setting = process_exclusion(ODD)

    assert read_commands(setting.set) == [[Command("Add-MpPreference", [("ExclusionProcess", ODD)])]]
    assert setting.registry[1].name == ODD
    assert setting.oma_uri is not None
    assert setting.oma_uri.value == ODD


def test_what_intune_cannot_hold_is_not_offered():
    assert ip_exclusion("203.0.113.0/24").oma_uri is None
    assert ip_exclusion("2001:db8::1").oma_uri is not None
    assert process_exclusion("C:\\a|b.exe").oma_uri is None


def test_the_checks_they_put_right_are_checks():
    assert set(BY_CHECK) <= {check.id for check in CHECKS}
