"""The command shows what is to be removed, and removes it only as the owner of the tables."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.actions.visits.test_removal import LONG_AGO, scanned
from tests.factories import DeviceFactory
from tests.support.roles import as_owner
from troubleshooting.models import DeviceAnswer

pytestmark = pytest.mark.django_db


def said(*options: str) -> str:
    out = io.StringIO()
    call_command("remove_old_answers", *options, stdout=out)
    return out.getvalue()


def test_it_shows_first_refuses_the_running_role_and_removes_as_the_owner():
    device = DeviceFactory()
    scanned(device, at=LONG_AGO)
    scanned(device, at=timezone.now())

    preview = said()
    with pytest.raises(CommandError, match="the role that runs the portal may not"):
        said("--remove")
    kept = DeviceAnswer.objects.count()
    with as_owner():
        done = said("--remove")

    assert "kept for 90 days" in preview
    assert "2 answers of 1 visits" in preview
    assert kept == 4
    assert "Removed the answers of 1 visits" in done
    assert DeviceAnswer.objects.count() == 2
    assert "None is older" in said()
