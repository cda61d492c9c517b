"""What may stand in the tree's files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.support.tree import ROOT, texts, tracked


def test_no_file_names_a_package_index_or_a_path_of_one_machine():
    wrong = re.compile(r"--extra-index[-]url|--trusted[-]host|files\.python[h]osted|/[r]oot/|/work/[m]ain")

    assert [name for name, text in texts() if wrong.search(text)] == []


def test_lock_files_carry_a_hash_for_every_package():
    for lock in (ROOT / "requirements").glob("*.txt"):
        pins = re.findall(
            r"^([a-z0-9._-]+(?:\[[^\]]*\])?==[^\n]*)\n(\s+--hash)?", lock.read_text(), re.MULTILINE | re.IGNORECASE
        )
        assert pins
        assert [pin for pin, has_hash in pins if not has_hash] == []


COMMAND = re.compile(
    r"\b(?:Add|ForEach|Get|Import|Invoke|New|Register|Remove|Resolve|Select|Set|Start|Stop|Test|Unregister|Write)-[A-Z]"
    r"|\bpowershell(?:\.exe)? -|-Command\b|@\{",
)


WRITER = ROOT / "troubleshooting" / "domain" / "base" / "powershell.py"


def _puts_text_together(node: ast.AST) -> bool:
    """Tell whether a PowerShell text is made by formatting or joining texts with values."""
    parts: list[ast.AST] = []
    if isinstance(node, ast.JoinedStr):
        parts = list(node.values)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "join"}:
        parts = [node.func.value, *node.args]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return len(parts) > len(texts) and any(map(COMMAND.search, texts))


def test_powershell_text_comes_from_its_one_writer():
    sources = [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] != "tests"]
    sources.remove(WRITER)
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.expr) and _puts_text_together(node)
    ]

    assert found == []


@pytest.mark.parametrize(
    "source",
    ["f'Set-MpPreference -X {x}'", "'Get-Item ' + x", "'Remove-Item %s' % x", "'powershell -c {}'.format(x)"],
)
def test_the_look_for_powershell_text_sees_it_made(source):
    assert any(_puts_text_together(node) for node in ast.walk(ast.parse(source)))


def templates() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".html"]


@pytest.mark.parametrize("template", templates(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_has_inline_code_or_skips_escaping(template):
    text = template.read_text(encoding="utf-8")

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|\|\s*safe\b|autoescape\s+off|hx-on", text)


def test_every_template_is_used():
    sources = "\n".join(text for name, text in texts() if name.endswith((".py", ".html")))
    by_name = {str(path.relative_to(ROOT / "templates")) for path in templates()}
    found_by_django = {"400.html", "403.html", "404.html", "500.html", "403_csrf.html"}
    by_convention = {name for name in by_name if name.startswith("registration/")}

    assert {name for name in by_name - found_by_django - by_convention if f'"{name}"' not in sources} == set()


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
