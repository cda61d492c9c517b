"""tests/ mirrors troubleshooting/: the tests of actions/locks.py are in tests/actions/test_locks.py.

What has no test file of its name is listed with the file where it is tested instead.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ROOT / "troubleshooting"

# Modules of texts, tables and shapes, and parts of something larger: tested with whatever uses them.
TESTED_IN = {
    "actions/activity_log.py": "queries/cases/test_timeline.py",
    "actions/case_stage.py": "actions/cases/test_cases.py",
    "actions/drift.py": "actions/runs/test_drift_scan_on_the_wire.py",
    "actions/exclusions/clashes.py": "actions/exclusions/test_placements.py",
    "actions/exclusions/decisions.py": "actions/exclusions/test_exclusions_stateful.py",
    "actions/exclusions/handover.py": "actions/exclusions/test_renewals.py",
    "actions/exclusions/lifecycle.py": "actions/exclusions/test_exclusions_stateful.py",
    "actions/exclusions/locking.py": "actions/exclusions/test_retests_stateful.py",
    "actions/exclusions/requests.py": "actions/exclusions/test_placements.py",
    "actions/heartbeats.py": "portal/test_heartbeats.py",
    "actions/leases/holder.py": "actions/runs/test_holders.py",
    "actions/leases/lease_steps.py": "actions/leases/test_leases.py",
    "actions/locks.py": "actions/test_gate.py",
    "actions/submissions.py": "views/submissions/test_submissions.py",
    "actions/visits/device_visit.py": "actions/runs/test_on_pc.py",
    "admin.py": "views/test_admin.py",
    "apps.py": "layout/test_files.py",
    "dispatch.py": "layout/test_states.py",
    "domain/advice/lint_base.py": "domain/advice/test_linter.py",
    "domain/advice/lint_effect.py": "domain/advice/test_linter.py",
    "domain/advice/lint_texts.py": "domain/advice/test_linter.py",
    "domain/advice/lint_values.py": "domain/advice/test_linter.py",
    "domain/advice/lists.py": "domain/advice/test_linter.py",
    "domain/advice/proposal_texts.py": "domain/advice/test_proposal.py",
    "domain/base/masking.py": "field/test_secrets.py",
    "domain/cases/masked.py": "field/test_secrets.py",
    "domain/base/lookalikes.py": "domain/advice/test_linter.py",
    "domain/base/processes.py": "portal/test_heartbeats.py",
    "domain/cases/indicator_errors.py": "domain/cases/test_indicator.py",
    "domain/checks/editions.py": "domain/checks/test_windows.py",
    "domain/checks/finding.py": "domain/checks/test_checklist.py",
    "domain/drift/covers.py": "domain/drift/test_drift.py",
    "domain/drift/texts.py": "domain/drift/test_drift.py",
    "domain/evidence/device_errors.py": "domain/evidence/test_device_error_texts.py",
    "domain/evidence/products.py": "field/test_programs.py",
    "domain/evidence/programs.py": "field/test_programs.py",
    "domain/exclusions/events.py": "domain/drift/test_drift.py",
    "domain/exclusions/placement_texts.py": "layout/test_states.py",
    "domain/exclusions/request.py": "actions/exclusions/test_placements.py",
    "domain/exclusions/value_errors.py": "domain/exclusions/test_values.py",
    "domain/leases/lease_texts.py": "domain/leases/test_audit_mode_test.py",
    "domain/retests/retest_texts.py": "domain/retests/test_retest.py",
    "domain/submissions/submission_text.py": "domain/submissions/test_submission.py",
    "domain/verdict/base.py": "domain/verdict/test_verdict.py",
    "domain/verdict/hints.py": "domain/verdict/test_verdict.py",
    "forms/base/password.py": "views/base/test_password.py",
    "forms/cases/case_filter.py": "views/cases/test_cases.py",
    "forms/devices/endpoint.py": "views/devices/test_endpoint.py",
    "forms/drift/drift_filter.py": "views/drift/test_drift.py",
    "forms/emergency_stop/emergency_stop.py": "views/emergency_stop/test_emergency_stop.py",
    "forms/exclusions/bulk.py": "views/exclusions/test_bulk.py",
    "forms/exclusions/decision.py": "views/exclusions/test_exclusions.py",
    "forms/exclusions/exclusion_filter.py": "views/exclusions/test_exclusions.py",
    "forms/exclusions/renewal.py": "views/exclusions/test_placements.py",
    "forms/exclusions/request.py": "views/exclusions/test_bad_input.py",
    "forms/submissions/submission.py": "views/submissions/test_submissions.py",
    "machines/base.py": "machines/test_wire.py",
    "machines/clixml_texts.py": "machines/test_clixml.py",
    "machines/course.py": "machines/test_visit.py",
    "machines/event_xml.py": "machines/test_parse.py",
    "machines/faults.py": "machines/test_errors.py",
    "machines/field_tables.py": "machines/test_parse.py",
    "machines/judged.py": "machines/test_recordings.py",
    "machines/native_text.py": "machines/test_parse.py",
    "machines/ownership.py": "machines/test_batch.py",
    "machines/patterns.py": "machines/test_limits.py",
    "machines/pipeline.py": "machines/test_catalogue.py",
    "machines/pool.py": "machines/test_fragments.py",
    "machines/properties.py": "machines/test_parse.py",
    "machines/psrp.py": "machines/test_wire.py",
    "machines/pypsrp_pipeline.py": "machines/test_wire.py",
    "machines/readers.py": "machines/test_parse.py",
    "machines/refusals.py": "machines/test_errors.py",
    "machines/rounds.py": "machines/test_batches_prove.py",
    "machines/session.py": "machines/test_visit.py",
    "management/commands/check_device.py": "machines/test_check_device.py",
    "management/commands/device_endpoint.py": "machines/endpoint/test_files.py",
    "management/commands/draw_states.py": "layout/test_states.py",
    "management/commands/list_checks.py": "layout/test_states.py",
    "management/endpoint_report.py": "machines/endpoint/test_doctor.py",
    "management/generated_page.py": "layout/test_states.py",
    "models/activity.py": "models/test_triggers.py",
    "models/attempts.py": "actions/leases/test_leases.py",
    "models/case.py": "models/test_constraints.py",
    "models/check_run.py": "models/test_constraints.py",
    "models/choices.py": "layout/test_states.py",
    "models/decision.py": "models/test_triggers.py",
    "models/device.py": "models/test_constraints.py",
    "models/drift.py": "models/test_constraints.py",
    "models/emergency_stop.py": "models/test_triggers.py",
    "models/exclusion.py": "models/test_exclusion_rules.py",
    "models/heartbeat.py": "portal/test_heartbeats.py",
    "models/lease.py": "models/test_constraints.py",
    "models/placement.py": "models/test_exclusion_rules.py",
    "models/retest.py": "models/test_triggers.py",
    "models/sign_in.py": "actions/test_sign_in.py",
    "models/submission.py": "models/test_constraints.py",
    "models/tenant.py": "models/test_triggers.py",
    "models/user.py": "portal/test_accounts.py",
    "permissions.py": "layout/test_urls.py",
    "queries/base/nav_counts.py": "views/drift/test_drift.py",
    "queries/base/people.py": "queries/exclusions/test_exclusion_page.py",
    "queries/base/processes.py": "portal/test_heartbeats.py",
    "queries/base/state_tokens.py": "views/checks/test_check_runs.py",
    "queries/base/words.py": "queries/cases/test_timeline.py",
    "queries/cases/home.py": "views/cases/test_home.py",
    "queries/cases/report_review.py": "views/cases/test_report.py",
    "queries/cases/verdict.py": "queries/cases/test_case_page.py",
    "queries/checks/evidence.py": "queries/submissions/test_sheet.py",
    "queries/checks/transcript.py": "queries/checks/test_checklist.py",
    "queries/drift/coverage.py": "views/drift/test_drift.py",
    "queries/drift/drift_list.py": "views/drift/test_drift.py",
    "queries/emergency_stop/stop.py": "views/emergency_stop/test_emergency_stop.py",
    "queries/emergency_stop/undo.py": "actions/emergency_stop/test_undo.py",
    "queries/exclusions/bulk.py": "views/exclusions/test_bulk.py",
    "queries/exclusions/ending.py": "views/exclusions/test_retests.py",
    "queries/exclusions/exclusion_list.py": "queries/exclusions/test_exclusion_page.py",
    "queries/exclusions/live_state.py": "views/exclusions/test_live_state.py",
    "queries/exclusions/placement_record.py": "views/exclusions/test_placements.py",
    "queries/exclusions/reach.py": "queries/exclusions/test_exclusion_page.py",
    "queries/exclusions/request_page.py": "queries/exclusions/test_known_elsewhere.py",
    "queries/exclusions/tenant_state.py": "actions/runs/test_drift_scan_on_the_wire.py",
    "queries/leases/audit_mode_events.py": "views/leases/test_audit_mode_tests.py",
    "queries/leases/not_restored.py": "queries/leases/test_audit_mode_test.py",
    "templatetags/emergency_stop.py": "views/emergency_stop/test_emergency_stop.py",
    "templatetags/processes.py": "portal/test_heartbeats.py",
    "tenant/base.py": "tenant/test_indicators.py",
    "tenant/client.py": "tenant/test_throttling.py",
    "tenant/connection.py": "tenant/test_set_up.py",
    "tenant/wire.py": "tenant/test_throttling.py",
    "urls.py": "layout/test_urls.py",
    "views/base/paging.py": "views/cases/test_cases.py",
    "views/base/files.py": "views/submissions/test_submissions.py",
    "views/base/fragments.py": "views/checks/test_check_runs.py",
    "views/base/refusals.py": "views/exclusions/test_bad_input.py",
    "views/base/rights.py": "layout/test_urls.py",
    "views/base/sign_out.py": "views/base/test_frame.py",
    "views/base/styleguide.py": "views/base/test_frame.py",
    "views/exclusions/request_page.py": "views/exclusions/test_exclusions.py",
    "views/exclusions/rules.py": "views/exclusions/test_exclusions.py",
    "views/leases/leases.py": "views/leases/test_audit_mode_tests.py",
}


def modules() -> set[str]:
    names = {str(path.relative_to(CODE)) for path in CODE.rglob("*.py") if path.name != "__init__.py"}
    return {name for name in names if not name.startswith("migrations/")}


def has_mirror(name: str) -> bool:
    path = Path(name)
    return (ROOT / "tests" / path.parent / f"test_{path.name}").is_file()


def test_every_module_has_a_test_file_of_its_name_or_says_where_it_is_tested():
    assert sorted(name for name in modules() if not has_mirror(name) and name not in TESTED_IN) == []


def test_no_exception_is_kept_that_is_not_needed():
    assert sorted(name for name in TESTED_IN if name not in modules() or has_mirror(name)) == []


def test_where_a_module_is_said_to_be_tested_there_is_a_test_file():
    assert sorted(where for where in TESTED_IN.values() if not (ROOT / "tests" / where).is_file()) == []
