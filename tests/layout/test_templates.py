"""The templates: lines that can be read, no fragment for its own sake, and one word for an exclusion."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.layout.test_files import ROOT, templates, tracked

LONGEST_LINE = 120
SHORTEST_FRAGMENT = 10  # lines of markup
COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}\n?", re.DOTALL)
LOAD = re.compile(r"^{% load [^\n]*%}\n", re.MULTILINE)
# "exception" is Django's own variable on the page for refused requests.
NOT_WORDS = re.compile(r"{{.*?}}|{% (?!translate|blocktranslate|plural).*?%}", re.DOTALL)


def sources() -> dict[str, str]:
    return {str(path.relative_to(ROOT / "templates")): path.read_text(encoding="utf-8") for path in templates()}


def modules() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.parts[len(ROOT.parts)] == "troubleshooting"]


def markup_of(source: str) -> list[str]:
    return LOAD.sub("", COMMENT.sub("", source)).strip().splitlines()


def words_in(module: Path) -> list[str]:
    """Return the strings of a module that are marked for translation."""
    marks = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
    return [
        argument.value
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in marks
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


@pytest.mark.parametrize("template", templates(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_line_of_a_template_is_too_long(template):
    lines = template.read_text(encoding="utf-8").splitlines()

    assert [number for number, line in enumerate(lines, start=1) if len(line) > LONGEST_LINE] == []


def test_a_short_fragment_is_included_more_than_once():
    by_name = sources()
    everything = "\n".join([*by_name.values(), *(path.read_text(encoding="utf-8") for path in modules())])
    fragments = [name for name in by_name if Path(name).name.startswith("_")]

    assert fragments
    assert [
        name
        for name in fragments
        if len(markup_of(by_name[name])) < SHORTEST_FRAGMENT
        and everything.count(f'"{name}"') == 1
        and any(f'"{name}"' in source for source in by_name.values())
    ] == []


def test_pages_say_exclusion_and_never_exception():
    by_name = {name: NOT_WORDS.sub("", COMMENT.sub("", source)) for name, source in sources().items()}
    messages = {str(module): "\n".join(words_in(module)) for module in modules()}

    assert any("exclusion" in words for words in messages.values())
    assert [name for name, words in (by_name | messages).items() if "exception" in words.lower()] == []
