"""Celery's doors to exclusions."""

from __future__ import annotations

from celery import shared_task

from troubleshooting import dispatch
from troubleshooting.actions import enforcement
from troubleshooting.tasks.plans import tenant_plan, visit_plan


@shared_task(name=dispatch.RUN_PLACEMENT, ignore_result=True)
def run_placement(*, placement_id: int) -> None:
    """Put an exclusion in one place, or take it off. Whatever fails here is tried again by the sweep."""
    enforcement.run_placement(placement_id, plan=visit_plan(), tenant=tenant_plan())
