"""Doors for Celery."""

from troubleshooting.tasks.check_runs import run_checks, run_lease, run_placement, sweep

__all__ = ["run_checks", "run_lease", "run_placement", "sweep"]
