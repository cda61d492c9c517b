"""Telling apart the answers of several statements of one pipeline."""

from __future__ import annotations

import pytest

from troubleshooting.machines import catalogue
from troubleshooting.machines.batch import Batch, End, LeftOver
from troubleshooting.machines.ownership import key_path
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
LATER = "2026-11-24T02:22:05+01:00"


def batch(*entries, most_bytes=10_000, closing=None):
    return Batch(entries or ENTRIES, most_bytes=most_bytes, closing=closing)


def completed(together):
    """Return what is settled when the batch has completed."""
    together.end(End.COMPLETED)
    return together.settled()


def left_over(together):
    left = together.left_over()
    return [*left.alone, *left.again]


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


def not_shown(command):
    return DeviceError("…", "CommandNotFoundException", "ObjectNotFound", command, "CommandNotFoundException")


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

    settled = completed(together)

    assert names(settled) == [entry.name for entry in ENTRIES]
    assert [len(mine.outputs) for mine in settled] == [1, 1, 0, 1, 1, 0, 2, 2, 1]
    assert [len(mine.errors) for mine in settled] == [0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert left_over(together) == []


def test_an_answer_is_complete_when_a_later_statement_speaks():
    together = batch()
    together.take_output(MOMENT)

    assert names(together.settled()) == []

    together.take_output(object_of(catalogue.OPERATING_SYSTEM))

    assert names(together.settled()) == ["clock"]
    assert names(together.settled()) == []


def test_two_objects_where_one_is_due_are_asked_again():
    together = batch(catalogue.OPERATING_SYSTEM, catalogue.PREFERENCES)
    together.take_output(object_of(catalogue.OPERATING_SYSTEM, Caption="one"))
    together.take_output(object_of(catalogue.OPERATING_SYSTEM, Caption="two"))
    together.take_output(object_of(catalogue.PREFERENCES))

    assert names(completed(together)) == ["preferences"]
    assert left_over(together) == [catalogue.OPERATING_SYSTEM]


def test_an_answer_that_comes_out_of_order_belongs_to_nobody():
    together = batch(catalogue.CLOCK, CHROME, catalogue.PREFERENCES)
    together.take_output(object_of(catalogue.PREFERENCES))
    together.take_output(object_of(CHROME))

    assert names(completed(together)) == ["preferences"]
    assert left_over(together) == [catalogue.CLOCK, CHROME]


def test_an_error_that_could_be_two_statements_is_given_to_neither():
    together = batch(catalogue.OPERATING_SYSTEM, catalogue.COMPUTER, catalogue.ANTIVIRUS_PRODUCTS)
    together.take_output(object_of(catalogue.OPERATING_SYSTEM))
    together.take_error(cim_error())

    assert names(completed(together)) == ["operating_system"]
    assert left_over(together) == [catalogue.COMPUTER, catalogue.ANTIVIRUS_PRODUCTS]


def test_an_error_of_a_cmdlet_that_one_statement_uses_is_its_error():
    together = batch(catalogue.CLOCK, catalogue.PREFERENCES)
    together.take_output(MOMENT)
    together.take_error(DeviceError("0x800106ba", "HRESULT 0x800106ba,Get-MpPreference", "NotSpecified"))

    assert names(completed(together)) == ["clock", "preferences"]


def test_a_command_that_the_endpoint_hides_is_hidden_for_all_its_statements():
    together = batch(catalogue.CLOCK, CHROME, EDGE)
    together.take_output(MOMENT)
    together.take_error(DeviceError("…", "CommandNotFoundException", "ObjectNotFound", "Get-ItemProperty"))

    assert names(completed(together)) == ["clock", "browser_policies:chrome", "browser_policies:edge"]


def test_silence_is_an_answer_only_where_a_later_statement_spoke_and_nothing_went_astray():
    quiet, astray, unproved = (batch(catalogue.CLOCK, CHROME, closing=catalogue.CLOSING) for _ in range(3))
    for together in (quiet, astray, unproved):
        together.take_output(MOMENT)
    astray.take_output({"SomethingElse": 1})
    for together in (quiet, astray):
        together.take_output(LATER)

    assert names(completed(quiet)) == ["clock", "browser_policies:chrome"]
    assert names(completed(astray)) == names(completed(unproved)) == ["clock"]
    assert astray.left_over() == LeftOver(alone=(CHROME,), again=())
    assert unproved.left_over() == LeftOver(alone=(), again=(CHROME,))


def test_a_refused_closing_proves_what_came_before_it():
    together = batch(catalogue.COMPUTER, CHROME, closing=catalogue.CLOSING)
    together.take_output(object_of(catalogue.COMPUTER))
    together.end(End.FAILED, not_shown("Get-Date"))

    assert names(together.settled()) == ["computer", "browser_policies:chrome"]


def test_the_statement_that_ended_the_batch_gets_its_error_and_the_rest_is_asked_again():
    together = batch(catalogue.CLOCK, CHROME, catalogue.PREFERENCES, EDGE, closing=catalogue.CLOSING)
    together.take_output(MOMENT)
    together.end(End.FAILED, not_shown("Get-MpPreference"))

    assert names(together.settled()) == ["clock", "browser_policies:chrome", "preferences"]
    assert together.left_over() == LeftOver(alone=(), again=(EDGE,))


def test_an_error_that_ends_the_batch_and_names_nothing_is_nobodys():
    together = batch(catalogue.CLOCK, CHROME, catalogue.ANTIVIRUS_PRODUCTS, EDGE, closing=catalogue.CLOSING)
    together.take_output(MOMENT)
    together.take_output(object_of(catalogue.ANTIVIRUS_PRODUCTS))
    together.end(End.FAILED, DeviceError("…", "ParameterNameAlreadyExistsForCommand", "MetadataError"))

    assert names(together.settled()) == ["clock", "browser_policies:chrome"]
    assert together.left_over() == LeftOver(alone=(catalogue.ANTIVIRUS_PRODUCTS,), again=(EDGE,))


def test_one_moment_for_two_clocks_beside_an_error_of_nobodys_is_doubted():
    together = batch(catalogue.CLOCK, CHROME, closing=catalogue.CLOSING)
    together.take_error(DeviceError("…", "ParameterNameAlreadyExistsForCommand", "MetadataError"))
    together.take_output(MOMENT)  # of the first, or of the second after the first has failed

    assert names(completed(together)) == []
    assert together.left_over() == LeftOver(alone=(catalogue.CLOCK,), again=(CHROME,))


def test_the_first_end_counts():
    together = batch(catalogue.CLOCK, CHROME, closing=catalogue.CLOSING)
    together.take_output(MOMENT)
    together.end(End.FAILED, DeviceError("…", "x"))
    together.end(End.COMPLETED)

    assert names(together.settled()) == ["clock"]


def test_an_error_after_the_one_output_that_is_due_is_anothers():
    together = batch(catalogue.OPERATING_SYSTEM, catalogue.ANTIVIRUS_PRODUCTS)
    together.take_output(object_of(catalogue.OPERATING_SYSTEM))
    together.take_error(cim_error())

    assert names(completed(together)) == ["operating_system", "antivirus_products"]


def test_a_statement_may_answer_several_entries():
    together = Batch([catalogue.CLOCK, (CHROME, EDGE, SPYNET)], most_bytes=10_000, closing=catalogue.CLOSING)
    together.take_output(MOMENT)
    together.take_output(object_of(EDGE, QuicAllowed=0))
    together.take_error(not_found(CHROME))

    assert names(together.settled()) == ["clock"]

    together.take_output(LATER)

    assert names(completed(together)) == [CHROME.name, EDGE.name, SPYNET.name]


def test_silence_of_what_has_to_answer_is_asked_again():
    together = batch(catalogue.CLOCK, catalogue.PREFERENCES)
    together.take_output(MOMENT)

    completed(together)

    assert left_over(together) == [catalogue.PREFERENCES]


def test_whole_answers_are_salvaged_from_a_loss():
    together = batch()
    together.take_output(MOMENT)
    together.take_output(object_of(catalogue.OPERATING_SYSTEM))
    together.take_error(not_found(NETWORK_PROTECTION))

    assert names(together.settled()) == ["clock", "operating_system"]
    assert names(together.salvaged()) == [NETWORK_PROTECTION.name]


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

    (mine,) = completed(together)

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
