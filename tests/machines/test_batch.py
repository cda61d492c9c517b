"""Telling apart the answers of several statements of one pipeline."""

from __future__ import annotations

import pytest

from troubleshooting.machines import catalogue
from troubleshooting.machines.batch import Batch, key_path
from troubleshooting.machines.plain import DeviceError

NETWORK_PROTECTION = catalogue.POLICY_VALUES["network_protection"]
SPYNET = catalogue.POLICY_VALUES["spynet"]
CHROME = catalogue.BROWSER_POLICIES["chrome"]
EDGE = catalogue.BROWSER_POLICIES["edge"]
ENTRIES = (
    catalogue.CLOCK,
    catalogue.OPERATING_SYSTEM,
    NETWORK_PROTECTION,
    SPYNET,
    CHROME,
    EDGE,
    catalogue.ANTIVIRUS_PRODUCTS,
    catalogue.WINHTTP_PROXY,
    catalogue.PREFERENCES,
)
MOMENT = "2026-11-24T02:22:04.1234567+01:00"


def batch(*entries, most_bytes=10_000):
    return Batch(entries or ENTRIES, most_bytes=most_bytes)


def object_of(entry, **values):
    key = (entry.key or "").replace("HKLM:", "HKEY_LOCAL_MACHINE")
    path = {"PSPath": f"Microsoft.PowerShell.Core\\Registry::{key}"} if key else {}
    return {**dict.fromkeys(entry.properties), **path, **values}


def not_found(entry):
    return DeviceError(
        "Der Pfad kann nicht gefunden werden.",
        "PathNotFound,Microsoft.PowerShell.Commands.GetItemPropertyCommand",
        "ObjectNotFound",
        entry.key,
        "ItemNotFoundException",
        "Get-ItemProperty",
    )


def cim_error():
    return DeviceError(
        "Ungültiger Namespace",
        "HRESULT 0x8004100e,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand",
        "MetadataError",
        "",
        "CimException",
        "Get-CimInstance",
    )


def names(gathered):
    return [mine.entry.name for mine in gathered]


def test_every_answer_finds_its_entry():
    together = batch()
    together.take_output(MOMENT)
    together.take_output(object_of(catalogue.OPERATING_SYSTEM, Caption="Windows"))
    together.take_error(not_found(NETWORK_PROTECTION))
    together.take_output(object_of(SPYNET, SpynetReporting=2))
    together.take_output(object_of(CHROME))
    together.take_error(not_found(EDGE))
    together.take_output(object_of(catalogue.ANTIVIRUS_PRODUCTS, displayName="A"))
    together.take_output(object_of(catalogue.ANTIVIRUS_PRODUCTS, displayName="B"))
    together.take_output("Current WinHTTP proxy settings:")
    together.take_output("    Direct access (no proxy server).")
    together.take_output(object_of(catalogue.PREFERENCES))

    settled = together.settled(ended=True)

    assert names(settled) == [entry.name for entry in ENTRIES]
    assert [len(mine.outputs) for mine in settled] == [1, 1, 0, 1, 1, 0, 2, 2, 1]
    assert [len(mine.errors) for mine in settled] == [0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert together.left_over() == []


def test_an_answer_is_complete_when_a_later_statement_speaks():
    together = batch()
    together.take_output(MOMENT)

    assert names(together.settled(ended=False)) == []

    together.take_output(object_of(catalogue.OPERATING_SYSTEM))

    assert names(together.settled(ended=False)) == ["clock"]
    assert names(together.settled(ended=False)) == []


def test_two_objects_where_one_is_due_are_asked_again():
    together = batch(catalogue.OPERATING_SYSTEM, catalogue.PREFERENCES)
    together.take_output(object_of(catalogue.OPERATING_SYSTEM, Caption="one"))
    together.take_output(object_of(catalogue.OPERATING_SYSTEM, Caption="two"))
    together.take_output(object_of(catalogue.PREFERENCES))

    assert names(together.settled(ended=True)) == ["preferences"]
    assert together.left_over() == [catalogue.OPERATING_SYSTEM]


def test_an_answer_that_comes_out_of_order_belongs_to_nobody():
    together = batch(catalogue.CLOCK, CHROME, catalogue.PREFERENCES)
    together.take_output(object_of(catalogue.PREFERENCES))
    together.take_output(object_of(CHROME))

    assert names(together.settled(ended=True)) == ["preferences"]
    assert together.left_over() == [catalogue.CLOCK, CHROME]


def test_an_error_that_could_be_two_statements_is_given_to_neither():
    together = batch(catalogue.OPERATING_SYSTEM, catalogue.COMPUTER, catalogue.ANTIVIRUS_PRODUCTS)
    together.take_output(object_of(catalogue.OPERATING_SYSTEM))
    together.take_error(cim_error())

    assert names(together.settled(ended=True)) == ["operating_system"]
    assert together.left_over() == [catalogue.COMPUTER, catalogue.ANTIVIRUS_PRODUCTS]


def test_an_error_of_a_cmdlet_that_one_statement_uses_is_its_error():
    together = batch(catalogue.CLOCK, catalogue.PREFERENCES)
    together.take_output(MOMENT)
    together.take_error(DeviceError("0x800106ba", "HRESULT 0x800106ba,Get-MpPreference", "NotSpecified"))

    assert names(together.settled(ended=True)) == ["clock", "preferences"]


def test_a_command_that_the_endpoint_hides_is_hidden_for_all_its_statements():
    together = batch(catalogue.CLOCK, CHROME, EDGE)
    together.take_output(MOMENT)
    together.take_error(DeviceError("…", "CommandNotFoundException", "ObjectNotFound", "Get-ItemProperty"))

    assert names(together.settled(ended=True)) == ["clock", "browser_policies:chrome", "browser_policies:edge"]


def test_silence_is_an_empty_answer_only_where_nothing_else_went_astray():
    quiet, astray = batch(catalogue.CLOCK, CHROME), batch(catalogue.CLOCK, CHROME)
    quiet.take_output(MOMENT)
    astray.take_output(MOMENT)
    astray.take_output({"SomethingElse": 1})

    assert names(quiet.settled(ended=True)) == ["clock", "browser_policies:chrome"]
    assert names(astray.settled(ended=True)) == ["clock"]


def test_silence_of_what_has_to_answer_is_asked_again():
    together = batch(catalogue.CLOCK, catalogue.PREFERENCES)
    together.take_output(MOMENT)

    together.settled(ended=True)

    assert together.left_over() == [catalogue.PREFERENCES]


def test_whole_answers_are_salvaged_from_a_loss():
    together = batch()
    together.take_output(MOMENT)
    together.take_output(object_of(catalogue.OPERATING_SYSTEM))
    together.take_error(not_found(NETWORK_PROTECTION))
    together.settled(ended=False)

    assert names(together.salvaged()) == ["operating_system", NETWORK_PROTECTION.name]


def test_half_a_list_is_not_salvaged():
    together = batch(catalogue.CLOCK, catalogue.ANTIVIRUS_PRODUCTS, catalogue.PREFERENCES)
    together.take_output(object_of(catalogue.ANTIVIRUS_PRODUCTS))

    assert together.salvaged() == []


def test_the_statement_after_the_last_that_spoke_is_the_one_that_hangs():
    together = batch(catalogue.CLOCK, catalogue.OPERATING_SYSTEM, catalogue.PREFERENCES)
    together.take_output(MOMENT)

    assert together.suspect() == catalogue.OPERATING_SYSTEM


def test_a_statement_that_may_be_silent_is_no_suspect():
    together = batch(catalogue.CLOCK, CHROME, catalogue.PREFERENCES)
    together.take_output(MOMENT)

    assert together.suspect() is None


def test_a_flood_is_cut_off():
    together = batch(catalogue.CLOCK, catalogue.WINHTTP_PROXY, most_bytes=100)
    for _ in range(50):
        together.take_output("x" * 20)

    (mine,) = together.settled(ended=True)

    assert mine.truncated
    assert len(mine.outputs) < 6


@pytest.mark.parametrize(
    "spelling",
    [
        r"HKLM:\SOFTWARE\Policies",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies",
        r"Microsoft.PowerShell.Core\Registry::HKEY_LOCAL_MACHINE\Software\policies",
        "HKLM:\\SOFTWARE\\Policies\\",
    ],
)
def test_a_registry_key_has_one_form(spelling):
    assert key_path(spelling) == "hklm:\\software\\policies"
