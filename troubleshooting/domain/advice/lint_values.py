"""What the linter finds about the value itself (docs/reference/exclusions.md sections 2 to 4)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

from troubleshooting.domain.advice.lint_base import LintContext, LintFinding, found
from troubleshooting.domain.advice.lint_texts import ASK_FOR_INSIDE, ASK_FOR_TARGET, LEADS_ANYWHERE, LintCode
from troubleshooting.domain.advice.lists import (
    GENERIC_NAMES,
    PROTECTED_FOLDERS,
    SYSTEM_FOLDERS,
    WRITABLE_IN_PROTECTED,
    denied_program,
    is_internal_name,
)
from troubleshooting.domain.advice.shared_hosts import part_of_shared_host, shared_host
from troubleshooting.domain.base.lookalikes import lookalikes
from troubleshooting.domain.base.public_suffixes import all_suffixes, official_suffixes
from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.case import Program, Report
from troubleshooting.domain.cases.indicator import Indicator, covers, link_in
from troubleshooting.domain.cases.link_services import only_for_links
from troubleshooting.domain.cases.microsoft_pages import microsoft_page
from troubleshooting.domain.evidence.programs import Degree, match_program, named_program
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionKind
from troubleshooting.domain.exclusions.values import ExclusionValue, IndicatorType

EXAMPLE_SUFFIX = "example"  # RFC 2606: for examples, so for our own too
EXAMPLE_HOST = "shop.example.com"

# "This" network, this PC, groups, and what is reserved (RFC 6890, 5771, 1112, 4291).
_SPECIAL_NETWORKS: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/127", "ff00::/8")
)


def about_value(value: ExclusionValue, context: LintContext) -> Iterator[LintFinding]:
    """Return what is found about a value, whatever its kind."""
    yield from _about_lookalikes(value)
    yield from _about_test_page(value, context.reported)
    if value.kind in LOCAL_KINDS and context.program is Program.EDGE:
        yield found(LintCode.NOT_IN_EDGE)
    if value.indicator is None:
        yield from _about_program(value, context.report)
    elif value.indicator.address is not None:
        yield from _about_address(value, value.indicator, context.reported)
    else:
        yield from _about_name(value, value.indicator.host, context.reported)
    if _is_https_page(value) and context.program is not Program.EDGE:
        yield found(LintCode.PATH_ONLY_IN_EDGE, host=_host(value))


def _about_test_page(value: ExclusionValue, reported: Indicator | None) -> Iterator[LintFinding]:
    """Refuse to allow a test page of Microsoft's, and anything else for a case about one."""
    about = next((one for one in (value.indicator, reported) if one is not None and microsoft_page(one)), None)
    if about is not None:
        yield found(LintCode.TEST_PAGE, host=about.host)


def _about_lookalikes(value: ExclusionValue) -> Iterator[LintFinding]:
    """Name what a reader could take for something else; a page's address has it encoded."""
    shown = unquote(value.value) if value.indicator is not None else value.value
    names = lookalikes(shown)
    if names:
        yield found(LintCode.LOOKALIKES, characters=", ".join(names))


def _is_https_page(value: ExclusionValue) -> bool:
    """Tell whether this is a page of which other programs than Edge see the host only (section 2)."""
    return value.indicator_type is IndicatorType.URL and value.value.startswith("https:")


def _host(value: ExclusionValue) -> str:
    """Return the host of an address as it is written in a value."""
    return value.indicator.host if value.indicator else ""


# --- Addresses --------------------------------------------------------------------------------------------------------


def _about_address(value: ExclusionValue, found_at: Indicator, reported: Indicator | None) -> Iterator[LintFinding]:
    """Judge an IP address: internal ones are fine as IP exclusions only (section 3)."""
    address = found_at.address
    assert address is not None
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if any(address in network for network in _SPECIAL_NETWORKS):
        yield found(LintCode.SPECIAL_ADDRESS, host=str(address))
    elif found_at.is_private and value.kind is ExclusionKind.ALLOW_INDICATOR:
        yield found(LintCode.INTERNAL_ADDRESS, host=str(address))
    if reported is None or reported.host == found_at.host:
        return
    code = LintCode.ADDRESS_FOR_NAME if reported.address is None else LintCode.OTHER_SITE
    yield found(code, host=str(address), example=reported.display_host)


# --- Names ------------------------------------------------------------------------------------------------------------


def _about_name(value: ExclusionValue, host: str, reported: Indicator | None) -> Iterator[LintFinding]:
    """Judge a host name, the odd ones first."""
    is_page = value.indicator_type is IndicatorType.URL
    if is_internal_name(host) and (is_page or official_suffixes().publicsuffix(host) != host):
        yield found(LintCode.INTERNAL_NAME, host=host)
        return
    link = _link_service(value)
    if link is not None:
        yield link
    elif is_page:
        yield from _about_shared_page(host)
    else:
        yield from _about_width(host, reported)
    if official_suffixes().publicsuffix(host) is None and not host.endswith("." + EXAMPLE_SUFFIX):
        yield found(LintCode.UNKNOWN_SUFFIX, suffix=host.rpartition(".")[2])
    if reported is not None and not _touches(value, host, reported):
        yield found(LintCode.OTHER_SITE, example=reported.display_host)


def _touches(value: ExclusionValue, host: str, reported: Indicator) -> bool:
    """Tell whether the value opens the reported site, or for a page, is one of it."""
    return covers(host, reported.host) or (value.indicator_type is IndicatorType.URL and covers(reported.host, host))


def _link_service(value: ExclusionValue) -> LintFinding | None:
    """Judge a host that has no other purpose than links to other addresses, and such a link itself."""
    found_at = value.indicator
    assert found_at is not None
    if value.indicator_type is not IndicatorType.URL:
        if only_for_links(found_at.host) is None:
            return None
        return _instead(found(LintCode.SHARED_HOST, host=found_at.host, reason=LEADS_ANYWHERE), ASK_FOR_TARGET)
    link = link_in(found_at)
    if link is None:
        return None
    finding = found(LintCode.WRAPPED_LINK, service=link.service)
    return finding if link.inside is None else _instead(finding, ASK_FOR_INSIDE, inside=link.inside.display_host)


def _instead(finding: LintFinding, message: str, **values: str) -> LintFinding:
    """Return a finding with another thing to ask for."""
    used = {name: value for name, value in values.items() if f"%({name})s" in message}
    return replace(finding, narrower=say(message, **used))


def _about_shared_page(host: str) -> Iterator[LintFinding]:
    """Judge the host of a page."""
    group = part_of_shared_host(host)
    if group is not None:
        yield found(LintCode.SHARED_PAGE, host=host, reason=group.reason)
    elif _is_tenant(host):
        yield found(LintCode.SHARED_TENANT, host=host)


def _about_width(host: str, reported: Indicator | None) -> Iterator[LintFinding]:
    """Judge how much a whole host opens: it and everything below it (section 2)."""
    example = reported.display_host if reported and _is_below(reported, host) else EXAMPLE_HOST
    group = shared_host(host)
    if all_suffixes().publicsuffix(host) == host:
        yield found(LintCode.PUBLIC_SUFFIX, host=host, example=example)
    elif group is not None:
        yield _instead(found(LintCode.SHARED_HOST, host=host, reason=group.reason), group.instead, host=host)
    elif _is_tenant(host) or part_of_shared_host(host) is not None:
        yield found(LintCode.SHARED_TENANT, host=host)
    elif all_suffixes().privatesuffix(host) == host:
        narrower_exists = reported is not None and _is_below(reported, host)
        code = LintCode.REGISTRABLE_DOMAIN if narrower_exists else LintCode.WHOLE_DOMAIN
        yield found(code, host=host, example=example)
    elif reported is not None and _is_below(reported, host):
        yield found(LintCode.WIDER_THAN_REPORTED, example=example)


def _is_below(reported: Indicator, host: str) -> bool:
    """Tell whether the reported site lies below a host."""
    return reported.host != host and covers(host, reported.host)


def _is_tenant(host: str) -> bool:
    """Tell whether a host lies under a service that the private section of the list names (``alice.github.io``)."""
    official = official_suffixes().publicsuffix(host)
    return official is not None and official != all_suffixes().publicsuffix(host)


# --- Programs ---------------------------------------------------------------------------------------------------------


def _about_program(value: ExclusionValue, report: Report | None) -> Iterator[LintFinding]:
    """Judge a program by its name in any folder, and by its folder (section 4)."""
    program = value.file_name
    group = denied_program(program)
    if group is not None:
        yield found(LintCode.DENIED_PROGRAM, program=program, reason=group.reason)
    elif value.expanded.startswith(SYSTEM_FOLDERS):
        yield found(LintCode.SYSTEM_PROGRAM, program=program)
    if program in GENERIC_NAMES:
        yield found(LintCode.GENERIC_NAME, program=program)
    if not value.expanded.startswith(PROTECTED_FOLDERS) or value.expanded.startswith(WRITABLE_IN_PROTECTED):
        yield found(LintCode.USER_WRITABLE)
    if report is not None and _is_for_another(program, report):
        yield found(LintCode.OTHER_PROGRAM, wanted=named_program(report).shown_file, program=program)


def _is_for_another(program: str, report: Report) -> bool:
    """Tell whether the report names a program, and nothing says that it is this one."""
    return bool(named_program(report).shown) and match_program(program, report)[0] in {Degree.NO, Degree.OPEN}
