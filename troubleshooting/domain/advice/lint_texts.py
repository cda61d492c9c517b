"""The linter's codes with their severity and words; what is no value at all stands in ``exclusion_value_errors``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from troubleshooting.domain.base.text import gettext_noop as _


class Severity(StrEnum):
    """What a finding means for the request."""

    REFUSE = "refuse"  # cannot be asked for like this
    WARN = "warn"  # the reviewer has to see it


class LintCode(StrEnum):
    """What the linter finds about a value, its scope, its time and its effect."""

    PUBLIC_SUFFIX = "public_suffix"
    REGISTRABLE_DOMAIN = "registrable_domain"
    WHOLE_DOMAIN = "whole_domain"
    UNKNOWN_SUFFIX = "unknown_suffix"
    WIDER_THAN_REPORTED = "wider_than_reported"
    OTHER_SITE = "other_site"
    LOOKALIKES = "lookalikes"
    SHARED_HOST = "shared_host"
    SHARED_PAGE = "shared_page"
    SHARED_TENANT = "shared_tenant"
    WRAPPED_LINK = "wrapped_link"
    TEST_PAGE = "test_page"
    INTERNAL_ADDRESS = "internal_address"
    INTERNAL_NAME = "internal_name"
    SPECIAL_ADDRESS = "special_address"
    ADDRESS_FOR_NAME = "address_for_name"
    PATH_ONLY_IN_EDGE = "path_only_in_edge"
    NOT_IN_EDGE = "not_in_edge"
    DENIED_PROGRAM = "denied_program"
    SYSTEM_PROGRAM = "system_program"
    GENERIC_NAME = "generic_name"
    USER_WRITABLE = "user_writable"
    OTHER_PROGRAM = "other_program"
    BLOCKED_BY_COMPANY = "blocked_by_company"
    BLOCK_OVERLAPS = "block_overlaps"
    ALREADY_ALLOWED = "already_allowed"
    SET_BY_POLICY = "set_by_policy"
    ALREADY_EXCLUDED = "already_excluded"
    EXCLUDED_ELSEWHERE = "excluded_elsewhere"
    INDICATOR_TAKEN = "indicator_taken"
    PRESENT_ON_DEVICE = "present_on_device"
    SCOPE_NEEDS_GROUP = "scope_needs_group"
    WIDE_SCOPE = "wide_scope"
    LIFETIME_NONE = "lifetime_none"
    LIFETIME_TOO_LONG = "lifetime_too_long"
    LOCAL_LISTS_IGNORED = "local_lists_ignored"
    TAMPER_PROTECTED = "tamper_protected"
    LISTS_HIDDEN = "lists_hidden"
    LISTS_UNREADABLE = "lists_unreadable"
    TROUBLESHOOTING_MODE = "troubleshooting_mode"
    POLICY_LIST = "policy_list"
    EFFECT_UNKNOWN = "effect_unknown"
    NOT_ONBOARDED = "not_onboarded"
    CLIENT_TOO_OLD = "client_too_old"


@dataclass(frozen=True, slots=True)
class Words:
    """Severity and sentences of a code."""

    severity: Severity
    text: str
    narrower: str = ""


def _refuse(text: str, narrower: str = "") -> Words:
    """Return the words of a refusal."""
    return Words(Severity.REFUSE, text, narrower)


def _warn(text: str, narrower: str = "") -> Words:
    """Return the words of a warning."""
    return Words(Severity.WARN, text, narrower)


_ONE_SITE = _("Ask for the one site that is needed, for example %(example)s.")
_POLICY_INSTEAD = _("Ask for an allow indicator, or have the exclusion set by the policy itself.")

# Hosts that only lead to others, and links of theirs
LEADS_ANYWHERE = _("it only leads to other addresses, and to any of them")
ASK_FOR_TARGET = _("Ask for the address that the link leads to, for example shop.example.com.")
ASK_FOR_INSIDE = _("Ask for the address that the link leads to: %(inside)s.")

WORDS: Mapping[LintCode, Words] = {
    LintCode.PUBLIC_SUFFIX: _refuse(
        _("Anyone can have a site under %(host)s, so this would allow countless sites of strangers."), _ONE_SITE
    ),
    LintCode.REGISTRABLE_DOMAIN: _refuse(
        _("This allows the whole domain %(host)s with all its sites, although the case is about only one of them."),
        _ONE_SITE,
    ),
    LintCode.WHOLE_DOMAIN: _warn(
        _("This allows %(host)s and every site below it, because there is no narrower form of indicator for it."),
        _("If only Microsoft Edge is used, an indicator for the single page is narrower: https://%(host)s/page."),
    ),
    LintCode.UNKNOWN_SUFFIX: _warn(_("No public site is known to end in .%(suffix)s. Check the spelling of the name.")),
    LintCode.WIDER_THAN_REPORTED: _warn(_("This allows more than the reported site %(example)s."), _ONE_SITE),
    LintCode.OTHER_SITE: _warn(
        _("The case is about %(example)s, which this does not allow. Explain in the reason why this one is needed.")
    ),
    LintCode.LOOKALIKES: _warn(
        _(
            "This contains characters that look like others or are invisible: %(characters)s. "
            "Compare it with the real name before you approve it."
        )
    ),
    LintCode.SHARED_HOST: _refuse(
        _("%(host)s is shared by many people: %(reason)s."),
        _("Ask for the owner's own address there or, for Microsoft Edge, for the single page: https://%(host)s/page."),
    ),
    LintCode.WRAPPED_LINK: _refuse(
        _("This is a link from %(service)s that leads to another address, so allowing it would open nothing."),
        ASK_FOR_TARGET,
    ),
    LintCode.TEST_PAGE: _refuse(
        _("%(host)s is Microsoft's own test page, which has to be blocked: an exclusion would only hide what it tests.")
    ),
    LintCode.SHARED_PAGE: _warn(
        _("This page is on %(host)s, which is shared by many people: %(reason)s. Its content may change owners.")
    ),
    LintCode.SHARED_TENANT: _warn(
        _("%(host)s is an address on a shared service. Check who owns it; the owner may change without notice.")
    ),
    LintCode.INTERNAL_ADDRESS: _refuse(
        _("%(host)s is an internal address. Microsoft's indicators support public addresses only."),
        _("Ask for an IP exclusion on the one PC. Internal addresses work there."),
    ),
    LintCode.INTERNAL_NAME: _refuse(
        _("%(host)s exists only inside a network, and indicators are for public sites."),
        _("Ask for an IP exclusion for the one internal address on the one PC."),
    ),
    LintCode.SPECIAL_ADDRESS: _refuse(
        _("%(host)s is not the address of another machine (it is this PC itself, a group, or reserved)."),
        _("Enter the address of the machine that the program connects to, for example 203.0.113.7."),
    ),
    LintCode.ADDRESS_FOR_NAME: _warn(
        _(
            "Many sites may share the address %(host)s, and it may pass to someone else. The case "
            "names the site %(example)s."
        ),
        _("Ask for an allow indicator for %(example)s."),
    ),
    LintCode.PATH_ONLY_IN_EDGE: _warn(
        _("Only Microsoft Edge sees the page of an https:// address. This has no effect in other programs."),
        _("Outside Microsoft Edge, ask for the site %(host)s."),
    ),
    LintCode.NOT_IN_EDGE: _warn(
        _("In Microsoft Edge, SmartScreen does the blocking, and an exclusion on the PC does not affect it."),
        _("Ask for an allow indicator, which Microsoft Edge respects."),
    ),
    LintCode.DENIED_PROGRAM: _refuse(
        _("%(program)s is never excluded: %(reason)s"), _("Ask for an allow indicator for the one site.")
    ),
    LintCode.SYSTEM_PROGRAM: _refuse(
        _("%(program)s is in a folder of Windows or Defender. System programs are never excluded."),
        _("Ask for an allow indicator for the one site."),
    ),
    LintCode.GENERIC_NAME: _warn(
        _("Many programs are called %(program)s. Explain in the reason which one this is and who made it.")
    ),
    LintCode.USER_WRITABLE: _warn(
        _("The program is in a folder where people without administrator rights may be able to replace the file."),
        _("Have it installed under C:\\Program Files, and ask for that path."),
    ),
    LintCode.OTHER_PROGRAM: _warn(
        _("The report names %(wanted)s. Explain in the reason why %(program)s is the program that needs this.")
    ),
    LintCode.BLOCKED_BY_COMPANY: _refuse(
        _("The company blocks exactly this on purpose (%(reference)s), and an exclusion would undo that."),
        _("Ask the people who created that indicator to change it."),
    ),
    LintCode.BLOCK_OVERLAPS: _warn(
        _(
            "The company blocks something that overlaps with this (%(reference)s). Ask the people "
            "who created that indicator."
        )
    ),
    LintCode.ALREADY_ALLOWED: _refuse(
        _("An allow indicator already covers this (%(reference)s), so another one changes nothing."),
        _("Wait two hours after it was created and try again. After 48 hours, look for another cause."),
    ),
    LintCode.SET_BY_POLICY: _refuse(_("A policy already excludes this (%(reference)s), so nothing needs to be added.")),
    LintCode.ALREADY_EXCLUDED: _refuse(
        _("The exclusion %(reference)s already covers this."), _("If it ends too early, ask to renew it.")
    ),
    LintCode.EXCLUDED_ELSEWHERE: _warn(_("The exclusion %(reference)s has this value for another scope.")),
    LintCode.INDICATOR_TAKEN: _refuse(
        _(
            "A tenant can have only one indicator for each address, and the exclusion %(reference)s "
            "already has it for other PCs."
        ),
        _("Have that one ended first, then ask for the scope that everyone needs."),
    ),
    LintCode.PRESENT_ON_DEVICE: _warn(
        _("The PC's own list already contains %(entry)s, so this may not be what stops the connection.")
    ),
    LintCode.SCOPE_NEEDS_GROUP: _refuse(
        _("An allow indicator applies to a device group or to everyone. Microsoft has none for a single PC."),
        _("Choose the smallest device group that contains the PC, or one created for it."),
    ),
    LintCode.WIDE_SCOPE: _warn(
        _("This applies to everyone, although the case is about one PC."), _("Choose the PC or its device group.")
    ),
    LintCode.LIFETIME_NONE: _refuse(_("The end date must be in the future, for example 30 days from now.")),
    LintCode.LIFETIME_TOO_LONG: _refuse(
        _("An exclusion lasts at most %(days)s days."),
        _("Choose an earlier end date. The exclusion can be renewed with new evidence."),
    ),
    LintCode.LOCAL_LISTS_IGNORED: _refuse(
        _("A policy makes this PC ignore its own exclusions (DisableLocalAdminMerge = 1), so this has no effect."),
        _POLICY_INSTEAD,
    ),
    LintCode.TAMPER_PROTECTED: _refuse(
        _("Tamper protection covers the exclusions on this PC (TPExclusions = 1), so the PC refuses the change."),
        _POLICY_INSTEAD,
    ),
    LintCode.LISTS_HIDDEN: _refuse(
        _(
            "A policy hides the exclusions even from administrators (HideExclusionsFromLocalAdmins = "
            "1), so it would be impossible to verify that it was applied or removed."
        ),
        _POLICY_INSTEAD,
    ),
    LintCode.LISTS_UNREADABLE: _refuse(
        _(
            "The portal's account is not allowed to read the exclusions on this PC (“N/A: …”), so it "
            "would be impossible to verify that it was applied or removed."
        ),
        _("Give the account administrator rights on the PC and check the PC again."),
    ),
    LintCode.TROUBLESHOOTING_MODE: _refuse(
        _("Troubleshooting mode is on, and anything changed on the PC now is undone when it ends."),
        _("Ask again when it has ended, at most four hours after it started."),
    ),
    LintCode.POLICY_LIST: _warn(
        _("A policy sets this list of exclusions on the PC and may replace what is added (%(value)s = 1)."),
        _POLICY_INSTEAD,
    ),
    LintCode.EFFECT_UNKNOWN: _warn(
        _("It is not known whether this PC would respect the exclusion: its policies could not be read.")
    ),
    LintCode.NOT_ONBOARDED: _refuse(
        _("The PC is not onboarded to Defender for Endpoint, so no indicator reaches it."),
        _("Have the PC onboarded, or ask for an IP exclusion on it."),
    ),
    LintCode.CLIENT_TOO_OLD: _refuse(
        _("Defender on the PC has version %(version)s. Indicators need 4.18.1906 or later."),
        _("Have Defender's platform updated and check the PC again."),
    ),
}
