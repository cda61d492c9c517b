"""Pages of docs/ that are written from the code."""

from __future__ import annotations

from abc import abstractmethod
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class GeneratedPageCommand(BaseCommand):
    """Write a page, or tell whether it is stale."""

    file: str
    requires_system_checks: list[str] = []

    @abstractmethod
    def page(self) -> str: ...

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", default=Path(self.file))
        parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not options["check"]:
            file.write_text(self.page(), encoding="utf-8")
            return
        if not file.exists() or file.read_text(encoding="utf-8") != self.page():
            command = self.__module__.rpartition(".")[2]
            raise CommandError(f"{file} is stale: run `python manage.py {command}`.")
