"""Doors for Celery."""

from troubleshooting.tasks.check_runs import run_checks, run_lease, sweep
from troubleshooting.tasks.exclusions import read_tenant, run_drift_scan, run_placement, run_retest

__all__ = ["read_tenant", "run_checks", "run_drift_scan", "run_lease", "run_placement", "run_retest", "sweep"]
