"""Doors for Celery."""

from troubleshooting.tasks.check_runs import run_checks, sweep

__all__ = ["run_checks", "sweep"]
