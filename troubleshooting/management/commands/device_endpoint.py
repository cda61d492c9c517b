"""Write the files of the portal's own endpoint for PCs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from troubleshooting.machines.endpoint.files import Groups, InvalidGroup, endpoint_files
from troubleshooting.machines.endpoint.version import VERSION


class Command(BaseCommand):
    """``device_endpoint FOLDER``: the folder must be empty or not be there."""

    help = "Write the PowerShell endpoint that shows a PC's commands to the portal, and nothing else."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        usual = Groups()
        parser.add_argument("folder", type=Path, help="where to write; empty or new")
        parser.add_argument("--reading-group", default=usual.reading, help=r"DOMAIN\Group that may read")
        parser.add_argument("--changing-group", default=usual.changing, help=r"DOMAIN\Group that may change as well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files."""
        folder: Path = options["folder"]
        try:
            files = endpoint_files(Groups(options["reading_group"], options["changing_group"]))
            if folder.exists() and any(folder.iterdir()):
                raise CommandError(f"{folder} is not empty.")
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        except InvalidGroup as error:
            raise CommandError(rf"Write a group as DOMAIN\Name, not {error}.") from None
        except OSError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{len(files)} files of version {VERSION} in {folder}. Read README.md next.")
