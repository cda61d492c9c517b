"""Which program an event, or an exclusion, means, beside the one that was reported.

A file name can be compared; a name as people call a program cannot. So only a browser that was chosen, or a name that
ends in .exe, can contradict an event. Any other name is looked up among the products: it is the file, may be it, or
says nothing about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Program, Report
from troubleshooting.domain.evidence.products import PRODUCTS, Product

PROGRAM_FILES: Mapping[Program, str] = {
    Program.EDGE: "msedge.exe",
    Program.CHROME: "chrome.exe",
    Program.FIREFOX: "firefox.exe",
}
_PROGRAMS = {file: program for program, file in PROGRAM_FILES.items()}
NAMED_BY_PEOPLE = frozenset({Program.OTHER, Program.OTHER_BROWSER})

SHORTEST_PART = 3  # letters of a typed program name that may be found inside a file name
# Defender writes "Unknown" in sibling events where it has no process.
UNNAMED = frozenset({"", "unknown", "(unknown)", "unknown process", "n/a", "-", "?"})

# Words that tell no program from another: makers, kinds, versions.
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        "microsoft ms google mozilla adobe apple cisco the a an my our app apps application program programm programme "
        "software tool desktop client browser new neu neue old alt classic legacy modern version edition x64 x86 bit "
        "for fuer of windows win pc office setup installer install update updater launcher helper service agent",
    )
)
_EXE = re.compile(r"[\w.+-]+\.exe\b", re.IGNORECASE)
_FILE = re.compile(r"[^<>:\"|?*]+\.exe", re.IGNORECASE)


class Degree(StrEnum):
    """How well one feature of an event fits the report."""

    EXACT = "exact"
    NEAR = "near"  # compatible, but not proof: a subdomain, an unknown program, within the window
    OPEN = "open"  # neither fits nor contradicts: the name that was typed says nothing about the file
    NO = "no"


@dataclass(frozen=True, slots=True)
class Named:
    """The reported program: the file that was named, else the products that the name may mean."""

    shown: str  # as it was said, "" where nothing was
    file: str | None = None  # lower-case
    products: tuple[Product, ...] = ()
    is_sure: bool = False  # nothing but the products' own name was typed
    can_contradict: bool = False  # the file is what was chosen or typed, and nothing else

    @property
    def shown_file(self) -> str:
        """Return the file where it is known for sure, else the name as it was said."""
        return next(iter(self.files), self.shown)

    @property
    def own(self) -> frozenset[str]:
        """Return the files that the name may mean; none where it says more than a product's name."""
        named = frozenset(file for product in self.products for file in product.files) if self.is_sure else frozenset()
        return frozenset({self.file}) if self.file else named

    @property
    def files(self) -> frozenset[str]:
        """Return the file that is meant; none where a name may mean several (classic and new Outlook)."""
        return self.own if len(self.own) == 1 else frozenset()

    @property
    def related(self) -> frozenset[str]:
        """Return every file whose connections may be the program's."""
        return frozenset(file for product in self.products for file in product.files | product.through)


def named_program(report: Report) -> Named:
    """Return what the report says about the program."""
    if report.program in PROGRAM_FILES:
        return Named(report.program.value, PROGRAM_FILES[report.program], can_contradict=True)
    typed = report.program_name.strip().strip('"') if report.program in NAMED_BY_PEOPLE else ""
    if not typed:
        return Named("")
    if _FILE.fullmatch(_last_part(typed)):
        file = file_name(typed)
        return Named(typed, file, _products_with(file), can_contradict=True)
    inside = _EXE.search(typed)
    if inside:
        return Named(typed, inside[0].casefold(), _products_with(inside[0].casefold()))
    products, is_sure = _products_called(typed)
    return Named(typed, None, products, is_sure)


def program_of(report: Report) -> Program:
    """Return the program that was chosen, or the browser that was typed instead of being chosen."""
    if report.program not in NAMED_BY_PEOPLE:
        return report.program
    browsers = {_PROGRAMS[file] for file in named_program(report).files if file in _PROGRAMS}
    return browsers.pop() if len(browsers) == 1 else report.program


def match_program(process_name: str | None, report: Report) -> tuple[Degree, Text]:
    """Compare the process of an event, or the program of an exclusion, with the reported program."""
    named, found = named_program(report), file_name(process_name)
    if found in UNNAMED or (process_name or "").strip().casefold() in UNNAMED:
        return Degree.NEAR, say(_("The event does not name the program."))
    if not named.shown:
        return Degree.NEAR, say(_("The event names the program %(found)s; the report does not say which."), found=found)
    degree = _degree(named, found)
    if degree is not Degree.NEAR:
        return degree, say(_REASONS[degree], **_shown(_REASONS[degree], found=found, wanted=named.shown))
    message = _RELATED if _is_related(named, found) else _ALIKE
    return degree, say(message, found=found, wanted=named.shown)


_REASONS: Mapping[Degree, str] = {
    Degree.EXACT: _("The event names the reported program %(found)s."),
    Degree.OPEN: _("The event names %(found)s. Whether that is the reported “%(wanted)s” can't be told from its name."),
    Degree.NO: _("The event names another program, %(found)s."),
}
_ALIKE = _("The event names %(found)s, the report %(wanted)s.")
_RELATED = _("The event names %(found)s, which can make the connections of %(wanted)s.")


def _shown(message: str, **values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if f"%({name})s" in message}


def excludes_program(entry: str, report: Report) -> Degree:
    r"""Compare a process exclusion (a path or name, perhaps with ``*``) with the reported program, by file name."""
    pattern, named = file_name(entry), named_program(report)
    if not pattern.strip("*?."):
        return Degree.OPEN
    if not any(sign in pattern for sign in "*?"):
        return match_program(pattern, report)[0]
    if _any_fits(named.files, pattern):
        return Degree.EXACT
    if _any_fits(named.related, pattern):
        return Degree.NEAR
    return Degree.NO if named.can_contradict else Degree.OPEN


def _any_fits(files: Iterable[str], pattern: str) -> bool:
    return any(fnmatchcase(file, pattern.replace("[", "[[]")) for file in files)


def file_name(path: str | None) -> str:
    """Return the last part of a Windows path, lower-case; "" for nothing."""
    return _last_part((path or "").strip().strip('"')).casefold()


def _last_part(path: str) -> str:
    return path.replace("/", "\\").rpartition("\\")[2]


def _degree(named: Named, found: str) -> Degree:
    if any(_is_same(found, file) for file in named.files) or (named.file is None and _is_same(found, named.shown)):
        return Degree.EXACT
    if _is_related(named, found) or _is_alike(named, found):
        return Degree.NEAR
    return Degree.NO if named.can_contradict else Degree.OPEN


def _is_same(found: str, file: str) -> bool:
    """Compare two file names, with or without the ending."""
    return found.removesuffix(".exe") == file.casefold().removesuffix(".exe")


def _is_related(named: Named, found: str) -> bool:
    """Tell whether a file's connections may be those of the products; ``python3.11.exe`` is a python."""
    plain = found.removesuffix(".exe").rstrip("0123456789.-_")
    return any(_is_same(found, file) or plain == file.removesuffix(".exe") for file in named.related)


def _is_alike(named: Named, found: str) -> bool:
    """Tell whether a typed name, or a word of it, is a part of the file's name, or the other way round."""
    if named.file in _PROGRAMS:
        return False
    stem = _squeezed(found.removesuffix(".exe"))
    typed = _squeezed((named.file or named.shown).casefold().removesuffix(".exe"))
    if len(typed) >= SHORTEST_PART and typed in stem:
        return True
    if named.can_contradict:  # a file's name: its words prove nothing
        return False
    words = {word for word in _words(named.shown) if len(word) > SHORTEST_PART}
    return (len(stem) > SHORTEST_PART and stem in typed) or any(word in stem for word in words)


def _squeezed(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _words(text: str) -> frozenset[str]:
    """Return the words of a name that tell programs apart; all of them where none does."""
    words = [re.sub(r"(?<=[^\W\d]{3})\d+$", "", word) for word in re.findall(r"[^\W_]+", text.casefold())]
    telling = frozenset(word for word in words if word not in _FILLERS and not word.isdigit())
    return telling or frozenset(words)


def _products_with(file: str) -> tuple[Product, ...]:
    """Return the products that a file is the program of."""
    return tuple(product for product in PRODUCTS if file in product.files)


_CALLED: tuple[tuple[frozenset[str], Product], ...] = tuple(
    (_words(name), product) for product in PRODUCTS for name in product.names
)


def _products_called(typed: str) -> tuple[tuple[Product, ...], bool]:
    """Return the products whose name is in a text, the longest name only, and whether the text says nothing else."""
    words = _words(typed)
    called = [(len(name), name, product) for name, product in _CALLED if name and name <= words]
    longest = max((length for length, _name, _product in called), default=0)
    found = {product: name for length, name, product in called if length == longest}
    return tuple(found), bool(found) and all(name == words for name in found.values())
