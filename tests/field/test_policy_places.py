"""Where settings are set by policy, in one place or in several, and the place that a remedy has to name."""

from __future__ import annotations

import html
from dataclasses import replace

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from portal.demo.lab import registry
from portal.demo.lab.pcs import healthy_windows_11
from tests.domain.builders import (
    PREFERENCES,
    SERVER_2019,
    STATUS,
    answered,
    finding,
    missed,
    report,
    snapshot,
)
from tests.field.rows import Row, each
from tests.support.check_world import visited
from tests.support.world import IVO, person
from troubleshooting.domain.advice.lint_effect import about_effect
from troubleshooting.domain.checks.antivirus import BEHAVIOR_MONITORING, CLOUD_PROTECTION, REAL_TIME_PROTECTION
from troubleshooting.domain.checks.exclusions import EXCLUSIONS_IN_FORCE
from troubleshooting.domain.checks.network import MODE_ORIGIN, PROTECTION_MODE
from troubleshooting.domain.checks.windows import SERVER_SWITCHES
from troubleshooting.domain.drift.drift import place_of
from troubleshooting.domain.evidence.policies import (
    CLOUD,
    EXCLUSIONS_HIDDEN,
    GROUP_POLICY,
    LOCAL,
    MDM,
    MODE,
    held,
    mode_policy,
)
from troubleshooting.domain.evidence.snapshot import ListValue, PolicyKey, ReadState
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.machines.properties import POLICY_KEYS

ROOT = r"HKLM:\SOFTWARE\Policies\Microsoft\Windows Defender"
KEYS = {
    "root": ROOT,
    "np": ROOT + r"\Windows Defender Exploit Guard\Network Protection",
    "manager": ROOT + r"\Policy Manager",
    "real": ROOT + r"\Real-Time Protection",
    "spynet": ROOT + r"\Spynet",
    "exclusions": ROOT + r"\Exclusions",
}
PRECEDENCE = "MicrosoftDocs/defender-docs, Troubleshoot Microsoft Defender Antivirus settings"
NP_PAGE = "MicrosoftDocs/defender-docs, Turn on network protection"
CSP = "MicrosoftDocs, Policy CSP Defender"
NAME = "EnableNetworkProtection"


def keys(**places):
    return tuple(PolicyKey(KEYS[place], tuple(values.items())) for place, values in places.items())


def told(check, device, about=None):
    found = finding(check, device, about)
    message, values = (found.remedy.it.message, dict(found.remedy.it.values)) if found.remedy.it else ("", {})
    return found.status, message % values if values else message


def with_mode(in_force, **places):
    return snapshot(preferences=replace(PREFERENCES, network_protection=in_force), policy_keys=keys(**places))


# fed: the mode in force, the value of the policy key, that of Policy Manager; right: who sets it
ORIGINS = (
    Row((2, 2, 1), "policy key", "C27; " + PRECEDENCE),
    Row((1, 2, 1), "Policy Manager", NP_PAGE, "in force is what Policy Manager says, whatever a page's order is"),
    Row((1, 1, 2), "policy key", PRECEDENCE),
    Row((2, 1, 2), "Policy Manager", NP_PAGE),
    Row((2, 2, 2), "policy key", PRECEDENCE, "both agree: the higher one decides"),
    Row((0, 0, 1), "policy key", PRECEDENCE),
    Row((0, None, 0), "Policy Manager", PRECEDENCE),
    Row((1, None, 1), "Policy Manager", PRECEDENCE),
    Row((2, 2, None), "policy key", PRECEDENCE),
    Row((2, "0x2", None), "policy key", "REG_SZ written by a script"),
    Row((None, 2, 1), "policy key", PRECEDENCE, "what is in force is not known: Microsoft's order"),
    Row((None, None, 1), "Policy Manager", PRECEDENCE),
    Row((2, 1, None), "policy key", PRECEDENCE, "not in force now, but it comes back"),
    Row((2, None, None), "local", PRECEDENCE),
    Row((1, "on", None), "local", "a value that is no number decides nothing"),
)
WRITERS = {"policy key": GROUP_POLICY, "Policy Manager": MDM, "local": LOCAL}


def device_of(fed):
    in_force, policy, manager = fed
    places = {place: {NAME: value} for place, value in (("np", policy), ("manager", manager)) if value is not None}
    return with_mode(in_force, **places)


@each(ORIGINS)
def test_the_place_that_decides_is_the_one_that_is_in_force(row: Row):
    assert mode_policy(device_of(row.fed)).origin == WRITERS[row.right]


# fed: SenseCM's EnrollmentStatus; right: who is named as a writer of the policy key, and who is ruled out
VALIDATOR = "public module MDEValidator, Get-MDEManagementType"
SETTINGS, CONFIG = "security settings management, in which the PC is enrolled", "Configuration Manager"
ENROLMENTS = (
    Row(1, (SETTINGS, CONFIG), VALIDATOR),
    Row("0x1", (SETTINGS, CONFIG), VALIDATOR, "REG_SZ"),
    Row(2, ("or Configuration Manager; the PC was never enrolled", SETTINGS), VALIDATOR),
    Row(3, ("Intune manages the PC", SETTINGS), VALIDATOR),
    Row(4, ("Configuration Manager, which manages the PC", "settings management"), VALIDATOR),
    Row(0, (GROUP_POLICY, "the PC is enrolled"), VALIDATOR, "enrolment failed: nothing is ruled out"),
    Row(26, (GROUP_POLICY, "the PC is enrolled"), VALIDATOR, "an error of the enrolment"),
    Row(None, (GROUP_POLICY, "the PC is enrolled"), VALIDATOR, "not read, or no such key"),
)


@each(ENROLMENTS)
def test_the_enrolment_rules_out_writers_of_the_policy_key(row: Row):
    values = {} if row.fed is None else {"EnrollmentStatus": row.fed}
    sense = PolicyKey(r"HKLM:\SOFTWARE\Microsoft\SenseCM", tuple(values.items()))
    origin = mode_policy(snapshot(policy_keys=(*keys(np={NAME: 1}), sense))).origin
    named, ruled_out = row.right

    assert "Group Policy" in origin
    assert named in origin
    assert ruled_out not in origin


# fed: mode in force, policy key, Policy Manager; right: what the remedy of the mode has to say, and what never
REMEDIES = (
    Row(
        (2, 2, 1),
        ("2 under HKLM\\SOFTWARE\\Policies", "Intune or another MDM tool", "is 1 under", "no effect here"),
        "C27",
    ),
    Row((2, 1, 2), ("2 under HKLM\\SOFTWARE\\Policies", "\\Policy Manager, and that decides", "is 1 under"), "F3"),
    Row((2, 2, 2), ("says the same under", "Policy Manager (Intune"), PRECEDENCE, "both have to be changed"),
    Row((2, 2, None), ("Group Policy, Configuration Manager", "security settings management", "No other policy"), "F3"),
    Row(
        (2, None, 2),
        ("Intune or another MDM tool, or Config", "No other policy"),
        PRECEDENCE,
    ),
    Row((0, 0, None), ("EnableNetworkProtection is 0 under", "has to change it to 1 (Block)"), PRECEDENCE),
    Row((0, 1, 0), ("\\Policy Manager, and that decides", "is 1 under", "no effect here"), PRECEDENCE),
    Row((0, None, None), ("No policy that the portal can read turns it off", "Set-MpPreference"), PRECEDENCE),
    Row((2, None, None), ("Run Set-MpPreference -EnableNetworkProtection Enabled",), PRECEDENCE),
    Row((2, 1, None), ("Run Set-MpPreference -EnableNetworkProtection Enabled",), PRECEDENCE, "policy wants block"),
)


@each(REMEDIES)
def test_a_remedy_names_the_place_that_decides(row: Row):
    _, remedy = told(PROTECTION_MODE, device_of(row.fed), missed())

    assert [words for words in row.right if words not in remedy] == []
    assert "% (" not in remedy


# fed: mode in force, policy key, Policy Manager, platform; right: words of "who sets the mode"
WHO = (
    Row((2, 2, 1, None), ("puts Group Policy above Intune", "looks under Policy Manager first", "In force is 2"), "F3"),
    Row((0, 2, 1, None), ("In force is 0, which is none of them",), PRECEDENCE),
    Row((None, 2, 1, None), ("could not be read",), PRECEDENCE),
    Row((2, 2, 2, None), ("says the same under",), PRECEDENCE),
    Row((1, 1, None, None), ("change it where it is set: Group Policy, Configuration Manager",), PRECEDENCE),
    Row(
        (2, 1, None, "4.18.25110.6"),
        ("the registry does not show", "but 2 is in force"),
        PRECEDENCE,
        "since February 2026",
    ),
    Row((2, 1, None, "4.18.24090.11"), ("has not been put back yet",), PRECEDENCE, "an older platform hides nothing"),
)


@each(WHO)
def test_who_sets_the_mode_is_told_with_both_readings(row: Row):
    device = device_of(row.fed[:3])
    if row.fed[3]:
        device = replace(device, computer_status=replace(STATUS, product_version=row.fed[3]))
    _, remedy = told(MODE_ORIGIN, device)

    assert [words for words in row.right if words not in remedy] == []


OFF = replace(STATUS, real_time_protection=False, behavior_monitor=False)
# fed: the check, its policy places; right: words of the remedy
SWITCHES = (
    Row(
        (REAL_TIME_PROTECTION, {"real": {"DisableRealtimeMonitoring": 1}}),
        ("DisableRealtimeMonitoring is 1 under",),
        "F3",
    ),
    Row(
        (REAL_TIME_PROTECTION, {"manager": {"AllowRealtimeMonitoring": 0}}),
        ("AllowRealtimeMonitoring is 0 under", "Policy Manager", "Intune or another MDM tool"),
        CSP,
    ),
    Row(
        (REAL_TIME_PROTECTION, {"real": {"DisableRealtimeMonitoring": 0}, "manager": {"AllowRealtimeMonitoring": 0}}),
        ("AllowRealtimeMonitoring is 0", "DisableRealtimeMonitoring is 0 under", "no effect here"),
        PRECEDENCE,
        "the one that is in force decides",
    ),
    Row(
        (REAL_TIME_PROTECTION, {"real": {"DisableRealtimeMonitoring": 1}, "manager": {"AllowRealtimeMonitoring": 0}}),
        ("DisableRealtimeMonitoring is 1", "AllowRealtimeMonitoring says the same"),
        PRECEDENCE,
    ),
    Row((REAL_TIME_PROTECTION, {}), ("Run Set-MpPreference -DisableRealtimeMonitoring $false",), PRECEDENCE),
    Row(
        (REAL_TIME_PROTECTION, {"manager": {"AllowRealtimeMonitoring": 1}}),
        ("Run Set-MpPreference -DisableRealtimeMonitoring $false",),
        PRECEDENCE,
        "the policy wants it on",
    ),
    Row((BEHAVIOR_MONITORING, {"real": {"DisableBehaviorMonitoring": 1}}), ("DisableBehaviorMonitoring is 1",), CSP),
    Row((BEHAVIOR_MONITORING, {"manager": {"AllowBehaviorMonitoring": 0}}), ("AllowBehaviorMonitoring is 0",), CSP),
    Row((CLOUD_PROTECTION, {"spynet": {"SpynetReporting": 0}}), ("SpynetReporting is 0 under",), PRECEDENCE),
    Row((CLOUD_PROTECTION, {"manager": {"AllowCloudProtection": 0}}), ("AllowCloudProtection is 0",), CSP),
    Row(
        (CLOUD_PROTECTION, {"spynet": {"SpynetReporting": 2}, "manager": {"AllowCloudProtection": 0}}),
        ("AllowCloudProtection is 0", "SpynetReporting is 2 under"),
        PRECEDENCE,
    ),
    Row(
        (SERVER_SWITCHES, {"np": {"AllowNetworkProtectionOnWinServer": 0}}), ("is 0 under", "changed there"), PRECEDENCE
    ),
    Row((SERVER_SWITCHES, {}), ("-AllowNetworkProtectionOnWinServer $true",), PRECEDENCE),
)


@each(SWITCHES)
def test_what_a_policy_switches_off_is_told_with_its_place(row: Row):
    check, places = row.fed
    device = snapshot(
        operating_system=SERVER_2019,
        computer_status=OFF,
        preferences=replace(PREFERENCES, maps_reporting=0, allow_network_protection_on_win_server=False),
        policy_keys=keys(**places),
    )
    status, remedy = told(check, device)

    assert status == "fail"
    assert [words for words in row.right if words not in remedy] == []


# fed: where HideExclusionsFromLocalAdmins stands
HIDDEN = (
    Row({"root": {"HideExclusionsFromLocalAdmins": 1}}, ("Windows Defender, so", GROUP_POLICY), "C29"),
    Row({"manager": {"HideExclusionsFromLocalAdmins": 1}}, ("Policy Manager, so", MDM), "C29"),
    Row({"exclusions": {"HideExclusionsFromLocalAdmins": 1}}, ("Exclusions, so", GROUP_POLICY), "MDEValidator"),
    Row({"manager": {"hideexclusionsfromlocaladmins": "1"}}, ("Policy Manager, so",), "C29, in other letters"),
)


@each(HIDDEN)
def test_exclusions_that_any_place_hides_are_unknown(row: Row):
    device = snapshot(policy_keys=keys(**row.fed))
    status, remedy = told(EXCLUSIONS_IN_FORCE, device, missed())

    assert status == "unknown"
    assert [words for words in row.right if words not in remedy] == []
    assert set(place_of(device).lists.values()) == {None}


# fed: policy places; right: what the linter says of a process exclusion's effect
EFFECTS = (
    Row({"root": {"DisableLocalAdminMerge": 1}}, {"local_lists_ignored"}, PRECEDENCE),
    Row({"manager": {"DisableLocalAdminMerge": 1}}, {"local_lists_ignored"}, "C29, the same cause"),
    Row({"manager": {"DisableLocalAdminMerge": 0}}, set(), CSP),
    Row({"manager": {"HideExclusionsFromLocalAdmins": 1}}, {"lists_hidden"}, "C29"),
    Row({"exclusions": {"Exclusions_Processes": 1}}, {"policy_list"}, PRECEDENCE),
    Row({"manager": {"ExcludedProcesses": r"C:\App\app.exe|C:\B\b.exe"}}, {"policy_list"}, CSP),
    Row({"manager": {"ExcludedProcesses": " | "}}, set(), CSP, "an empty list"),
    Row({"manager": {"ExcludedIpAddresses": "192.0.2.1"}}, set(), CSP, "another kind"),
)


@each(EFFECTS)
def test_what_keeps_a_local_exclusion_from_working_is_found_in_every_place(row: Row):
    device = snapshot(policy_keys=keys(**row.fed))

    assert {str(found.code) for found in about_effect(ExclusionKind.PROCESS, device)} == row.right


def test_an_account_that_may_not_see_the_lists_is_not_told_of_a_policy():
    device = snapshot(
        preferences=replace(PREFERENCES, exclusion_process=ListValue(readable=False)), readings=answered()
    )

    assert "account is none" in told(EXCLUSIONS_IN_FORCE, device, report())[1]


def test_a_refused_policy_manager_is_told_as_what_it_may_mean():
    device = snapshot(readings=answered(policy_values=ReadState.REFUSED))

    assert "HideExclusionsFromLocalAdmins is the likely reason" in told(EXCLUSIONS_IN_FORCE, device, report())[1]


def test_every_place_of_a_setting_is_asked_for():
    asked = {(key.removeprefix("HKLM:\\SOFTWARE"), name) for key, names in POLICY_KEYS.values() for name in names}
    settings = (MODE, CLOUD, EXCLUSIONS_HIDDEN)

    assert all(place in asked for setting in settings for place in setting.policy)
    assert all((r"\Policies\Microsoft\Windows Defender\Policy Manager", setting.mdm) in asked for setting in settings)


@pytest.mark.django_db(transaction=True)
def test_the_places_are_read_on_a_visit_and_stand_on_the_reviewers_page(lab_server, client):
    pc = healthy_windows_11()
    pc.registry[registry.POLICY_NP] = {NAME: 2}
    pc.registry[registry.POLICY_MANAGER] = {NAME: 1, "AllowRealtimeMonitoring": 0, "HideExclusionsFromLocalAdmins": 1}
    pc.status["RealTimeProtectionEnabled"] = False
    case = visited(lab_server(pc))
    client.force_login(person(IVO))

    page = html.unescape(client.get(reverse("case", args=[case.number])).content.decode())

    assert "is 2 under HKLM\\SOFTWARE\\Policies" in page
    assert "AllowRealtimeMonitoring is 0 under" in page
    assert "HideExclusionsFromLocalAdmins is 1 under" in page


modes = st.sampled_from([None, 0, 1, 2])


@given(modes, modes, modes)
def test_a_remedy_never_sends_anybody_to_a_place_that_already_has_the_value(in_force, policy, manager):
    device = device_of((in_force, policy, manager))
    decides = mode_policy(device).decides
    _, remedy = told(PROTECTION_MODE, device, missed())

    if decides is not None and in_force in {0, 2}:
        assert f"is {in_force} under {decides.key}, and that decides" in remedy
    else:
        assert "and that decides" not in remedy
    if "and that decides" in remedy:
        assert all(one == decides or one.where in remedy for one in held(device, MODE))
