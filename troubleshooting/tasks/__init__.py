"""Doors for Celery."""

from troubleshooting.tasks.check_runs import run_checks, run_lease, sweep
from troubleshooting.tasks.exclusions import run_placement

__all__ = ["run_checks", "run_lease", "run_placement", "sweep"]
