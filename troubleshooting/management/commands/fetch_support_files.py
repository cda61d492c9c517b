"""Fetch a PC's support files from the shell: for ``judge_cab``, or for a submission to Microsoft."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.machines.base import Limits
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.psrp import connect
from troubleshooting.machines.support_files.collect import NotCollected, Order, collect
from troubleshooting.machines.support_files.fetch import Changed, TooLarge
from troubleshooting.management.connection import add_connection, address_of, credential_of
from troubleshooting.management.reported import EXIT_UNREADABLE, wrong_usage

PAUSE_S = 5.0
SAY_EVERY_S = 1.0


class Command(BaseCommand):
    """``fetch_support_files HOST FILE``: exit 0 when the CAB is there, 1 when not, 2 for wrong usage."""

    help = (
        "Let a Windows PC collect Defender's support files and fetch the CAB. It holds names of people, PCs, files and "
        "sites, and the list of programs. An earlier CAB on the PC is overwritten."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        add_connection(parser)
        parser.add_argument("file", type=Path, help="where the CAB is written to; there must be no such file yet")
        parser.add_argument("--last-hour", action="store_true", help="take a CAB of the last hour where there is one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Collect, fetch, and say how it went."""
        file: Path = options["file"]
        address = address_of(options)
        if file.exists() or not file.parent.is_dir():
            raise wrong_usage(f"{file} exists already, or its folder does not.")
        credential = credential_of(options, address)
        part = file.with_name(f"{file.name}.part")
        limits = Limits(visit=settings.SUPPORT_FILES_WITHIN, may_be_local=True)  # who types the password says where to
        part.unlink(missing_ok=True)
        order = Order(
            connect=partial(connect, address, credential, limits=limits, clock=timezone.now),
            into=part,
            most_bytes=settings.LARGEST_SUPPORT_FILES,
            may_be_young=options["last_hour"],
            on_line=self.stderr.write,
            on_progress=self._show_progress(),
            pause=lambda: time.sleep(PAUSE_S),
        )
        try:
            facts = collect(order)
        except (MachineError, NotCollected, TooLarge, Changed) as error:
            raise CommandError(_sentence(error), returncode=EXIT_UNREADABLE) from None
        except KeyboardInterrupt:
            raise CommandError("Cancelled. Nothing was kept here.", returncode=EXIT_UNREADABLE) from None
        part.rename(file)
        self.stdout.write(f"{file}: {facts.size} bytes, SHA-256 {facts.sha256}, as on the PC")

    def _show_progress(self) -> Any:
        began, said_at, first = time.monotonic(), 0.0, -1

        def show(arrived: int, size: int) -> None:
            nonlocal said_at, first
            now = time.monotonic()
            first = arrived if first < 0 else first
            if now - said_at < SAY_EVERY_S:
                return
            said_at = now
            left_s = (size - arrived) * (now - began) / max(arrived - first, 1)
            self.stderr.write(f"{arrived} of {size} bytes, about {left_s:.0f} s left")

        return show


def _sentence(error: Exception) -> str:
    if isinstance(error, MachineError):
        words = error_text(error.code)
        return f"{error.code}: {words.cause} {words.it} {error.detail}".strip()
    if isinstance(error, TooLarge):
        return f"The CAB is larger than {settings.LARGEST_SUPPORT_FILES} bytes (LARGEST_SUPPORT_FILES)."
    if isinstance(error, NotCollected):
        return "The program ended without a new CAB. It printed the lines above."
    return "The CAB changed while it was fetched. Try again."
