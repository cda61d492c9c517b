"""Show, or remove, the raw answers that are older than their time."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.models import Count, Max, Min
from django.utils import timezone

from troubleshooting.actions.visits.removal import Kept, removable, remove_old_answers
from troubleshooting.models import RemovedAnswers

MAY_REMOVE = "SELECT has_table_privilege(current_user, %s, 'INSERT')"


class Command(BaseCommand):
    """``remove_old_answers``: a preview; with ``--remove``, as the owner of the tables, it is done."""

    help = (
        "Show which raw answers of PCs are older than DRIFT_ANSWERS_KEPT and CHECK_ANSWERS_KEPT; --remove removes them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--remove", action="store_true", help="remove them, as the role that migrates")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what there is to remove, and remove it where that is asked for."""
        now = timezone.now()
        kept = Kept(drift_scans=settings.DRIFT_ANSWERS_KEPT, checks=settings.CHECK_ANSWERS_KEPT)
        for name, time in (("drift scans", kept.drift_scans), ("checks", kept.checks)):
            self.stdout.write(f"Raw answers of {name} are kept {f'for {time.days} days' if time else 'forever'}.")
        found = removable(kept, now=now).aggregate(
            visits=Count("pk", distinct=True), answers=Count("answers"), first=Min("started_at"), last=Max("started_at")
        )
        if not found["visits"]:
            self.stdout.write("None is older that nothing rests on.")
            return
        period = f"from {found['first']:%Y-%m-%d} to {found['last']:%Y-%m-%d}"
        self.stdout.write(
            f"Older, and nothing rests on them: {found['answers']} answers of {found['visits']} visits, {period}."
        )
        if not options["remove"]:
            self.stdout.write("Nothing was removed; --remove removes them.")
            return
        _check_role()
        removed = sum(remove_old_answers(kept, now=now))
        self.stdout.write(f"Removed the answers of {removed} visits; their digests stay.")


def _check_role() -> None:
    """Raise CommandError where the role of the database may not remove answers."""
    with connection.cursor() as cursor:
        cursor.execute(MAY_REMOVE, [RemovedAnswers._meta.db_table])
        (may_remove,) = cursor.fetchone()
    if not may_remove:
        raise CommandError(
            "Nothing was removed: the role that runs the portal may not. Set DATABASE_URL to the role that migrates."
        )
