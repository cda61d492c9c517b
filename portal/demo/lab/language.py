"""NoLanguage mode: what is not in :mod:`rules` is refused as an endpoint for just enough administration would."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from portal.demo.lab import errors
from portal.demo.lab.call import Call
from portal.demo.lab.errors import CommandError
from portal.demo.lab.rules import FETCH_SCRIPT_SHA256, RULES, SHOWN_BY_DEFAULT, SUPPORT_CAB, Rule

SELECT, FOR_EACH = "Select-Object", "ForEach-Object"
SELECT_NAMES = frozenset({SELECT.casefold(), rf"Microsoft.PowerShell.Utility\{SELECT}".casefold()})
_BY_NAME = {name.casefold(): (name, rules) for name, rules in {**RULES, **SHOWN_BY_DEFAULT}.items()}


def canonical_name(name: str) -> str:
    """Return a command's name as the rules spell it; raises CommandError where the endpoint does not show it."""
    try:
        return _BY_NAME[name.casefold()][0]
    except KeyError:
        raise errors.not_recognized(name) from None


def is_file_fetch(statement: Sequence[Call]) -> bool:
    """Tell whether the statement is pypsrp's own file fetch of the support files."""
    if len(statement) != 1 or not statement[0].is_script:
        return False
    is_fetch = hashlib.sha256(statement[0].name.encode()).hexdigest() == FETCH_SCRIPT_SHA256
    return is_fetch and statement[0].positional == (SUPPORT_CAB, False)


def check_hidden(statement: Sequence[Call], hidden: Collection[str]) -> None:
    """Raise the CommandError for a command that a PC does not have."""
    for call in statement:
        if call.name in hidden:
            raise errors.not_recognized(call.name)


def check(statement: Sequence[Call], *, full_language: bool) -> None:
    """Raise the CommandError that the endpoint answers with, unless the statement is in the catalogue."""
    if is_file_fetch(statement):
        return
    if any(call.is_script for call in statement):
        raise errors.script_not_allowed(next(call.name for call in statement if call.is_script))
    first = statement[0]
    canonical_name(first.name)
    for call in statement[1:]:
        if call.name.casefold() not in {*SELECT_NAMES, FOR_EACH.casefold()}:
            raise errors.not_recognized(call.name)
    failures = [_failure(rule, statement, full_language=full_language) for rule in _BY_NAME[first.name.casefold()][1]]
    if None not in failures:
        raise failures[-1] or errors.not_recognized(first.name)


def _failure(rule: Rule, statement: Sequence[Call], *, full_language: bool) -> CommandError | None:
    first = statement[0]
    return _argument_failure(rule, first) or _tail_failure(rule, first, statement[1:], full_language=full_language)


def _argument_failure(rule: Rule, call: Call) -> CommandError | None:
    checks = {name.casefold(): check for name, check in rule.parameters.items()}
    for name, value in call.named:
        if name.casefold() not in checks:
            return errors.parameter_not_found(call.name, name)
        if not checks[name.casefold()](value):
            return errors.argument_refused(call.name, name, value)
    given = {name.casefold() for name, _ in call.named}
    missing = {name.casefold() for name in rule.required} - given
    if missing or len(call.named) > rule.at_most:
        return errors.argument_refused(call.name, ", ".join(sorted(missing or given)), "")
    if call.positional != rule.positional:
        return errors.argument_refused(call.name, "0", " ".join(map(str, call.positional)))
    return None


def _tail_failure(rule: Rule, first: Call, tail: Sequence[Call], *, full_language: bool) -> CommandError | None:
    if not tail:
        needs_tail = rule.to_xml or (rule.selects is not None and not rule.may_be_whole)
        return errors.argument_refused(first.name, "Property", "*") if needs_tail and not full_language else None
    if len(tail) > 1:
        return errors.not_recognized(tail[1].name)
    if tail[0].name.casefold() == FOR_EACH.casefold():
        is_fine = rule.to_xml and tail[0].arguments == (("MemberName", "ToXml"),)
        return None if is_fine else errors.argument_refused(FOR_EACH, "MemberName", tail[0].get("MemberName"))
    return _select_failure(rule, tail[0])


def _select_failure(rule: Rule, select: Call) -> CommandError | None:
    wrong = next((name for name, _ in select.arguments if (name or "").casefold() != "property"), "")
    if wrong != "":
        return errors.parameter_not_found(SELECT, str(wrong))
    known = {name.casefold() for name in rule.selects or ()}
    unknown = [name for name in selected_names(select) if name.casefold() not in known]
    return errors.argument_refused(SELECT, "Property", ", ".join(unknown)) if unknown or not known else None


def selected_names(select: Call) -> list[str]:
    """Return the names that Select-Object asks for."""
    wanted = select.get("Property")
    return [str(name) for name in wanted] if isinstance(wanted, list) else [str(wanted)]
