"""Addresses of the portal's pages."""

from django.urls import path

from troubleshooting.views.base import password, sign_in, sign_out, styleguide
from troubleshooting.views.cases import cases, home, report
from troubleshooting.views.checks import check_runs
from troubleshooting.views.devices import collector, endpoint
from troubleshooting.views.drift import drift, record
from troubleshooting.views.emergency_stop import emergency_stop
from troubleshooting.views.exclusions import bulk, exclusions, live_state, placements, request_page, retests
from troubleshooting.views.leases import audit_mode_tests, leases
from troubleshooting.views.submissions import packs, submissions

urlpatterns = [
    path("", home.home, name="home"),
    path("help/", home.how_it_works, name="help"),
    path("login/", sign_in.SignIn.as_view(), name="login"),
    path("logout/", sign_out.sign_out, name="logout"),
    path("password/", password.OwnPassword.as_view(), name="password"),
    path("report/", report.report, name="report"),
    path("report/steps/<int:step>/", report.report_step, name="report-step"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("cases/<str:number>/timeline/", cases.case_timeline, name="case-timeline"),
    path("cases/<str:number>/check/", cases.check_start, name="check-start"),
    path("cases/<str:number>/test/", audit_mode_tests.test_ask, name="test-ask"),
    path("cases/<str:number>/exclusion/", request_page.exclusion_ask, name="exclusion-ask"),
    path("cases/<str:number>/withdraw/", cases.case_withdraw, name="case-withdraw"),
    path("cases/<str:number>/solve/", cases.case_solve, name="case-solve"),
    path("cases/<str:number>/submission/", submissions.submission, name="submission"),
    path("cases/<str:number>/submission/record/", submissions.submission_record, name="submission-record"),
    path("cases/<str:number>/submission/kept/", submissions.submission_kept, name="submission-kept"),
    path("cases/<str:number>/pack/", packs.pack, name="pack"),
    path("cases/<str:number>/pack/redacted/", packs.redacted_pack, name="redacted-pack"),
    path("cases/<str:number>/evidence.json", submissions.evidence_json, name="evidence-json"),
    path("cases/<str:number>/evidence.txt", submissions.evidence_text, name="evidence-text"),
    path("check-runs/<int:pk>/checklist/", check_runs.checklist, name="checklist"),
    path("check-runs/<int:pk>/cancel/", check_runs.check_cancel, name="check-cancel"),
    path("check-runs/<int:pk>/retry/", check_runs.check_retry, name="check-retry"),
    path("check-runs/<int:pk>/transcript/", check_runs.transcript, name="transcript"),
    path("tests/<int:pk>/", audit_mode_tests.test_state, name="test-state"),
    path("tests/<int:pk>/visited/", audit_mode_tests.test_visited, name="test-visited"),
    path("tests/<int:pk>/end/", audit_mode_tests.test_end, name="test-end"),
    path("tests/<int:pk>/approve/", audit_mode_tests.test_approve, name="test-approve"),
    path("tests/<int:pk>/reject/", audit_mode_tests.test_reject, name="test-reject"),
    path("tests/<int:pk>/transcript/", audit_mode_tests.test_transcript, name="test-transcript"),
    path("exclusions/", exclusions.exclusions, name="exclusions"),
    path("exclusions/bulk/", bulk.exclusions_in_bulk, name="exclusions-bulk"),
    path("exclusions/bulk/decided/", bulk.exclusions_decided, name="exclusions-decided"),
    path("exclusions/<int:pk>/", exclusions.exclusion, name="exclusion"),
    path("exclusions/<int:pk>/places/", placements.exclusion_places, name="exclusion-places"),
    path("exclusions/<int:pk>/places/<int:place>/", placements.placement_transcript, name="placement-transcript"),
    path("exclusions/<int:pk>/state/", live_state.exclusion_state, name="exclusion-state"),
    path("exclusions/<int:pk>/approve/", exclusions.exclusion_approve, name="exclusion-approve"),
    path("exclusions/<int:pk>/reject/", exclusions.exclusion_reject, name="exclusion-reject"),
    path("exclusions/<int:pk>/ask-question/", exclusions.exclusion_ask_question, name="exclusion-ask-question"),
    path("exclusions/<int:pk>/answer/", exclusions.exclusion_answer, name="exclusion-answer"),
    path("exclusions/<int:pk>/withdraw/", exclusions.exclusion_withdraw, name="exclusion-withdraw"),
    path("exclusions/<int:pk>/retest/", retests.exclusion_retest, name="exclusion-retest"),
    path("exclusions/<int:pk>/retest-without/", retests.exclusion_retest_without, name="exclusion-retest-without"),
    path("exclusions/<int:pk>/retests/<int:retest>/", retests.retest_record, name="exclusion-retest-record"),
    path("exclusions/<int:pk>/still-blocked/", retests.still_blocked, name="exclusion-still-blocked"),
    path("exclusions/<int:pk>/renew/", retests.exclusion_renew, name="exclusion-renew"),
    path("exclusions/<int:pk>/revoke/", exclusions.exclusion_revoke, name="exclusion-revoke"),
    path("emergency-stop/", emergency_stop.stop_page, name="emergency-stop"),
    path("emergency-stop/stop/", emergency_stop.begin_stop, name="emergency-stop-begin"),
    path("emergency-stop/lift/", emergency_stop.lift_stop, name="emergency-stop-lift"),
    path("emergency-stop/undo/", emergency_stop.undo_preview, name="undo-preview"),
    path("emergency-stop/undos/<int:pk>/", emergency_stop.undo, name="undo"),
    path("device-endpoint/", endpoint.device_endpoint, name="device-endpoint"),
    path("device-endpoint/collector/", collector.collector, name="collector"),
    path("drift/", drift.drift, name="drift"),
    path("drift/tenant/scan/", drift.drift_scan_tenant, name="drift-scan-tenant"),
    path("drift/devices/<int:pk>/", record.drift_record, name="drift-record"),
    path("drift/devices/<int:pk>/scan/", drift.drift_scan, name="drift-scan"),
    path("drift/<int:pk>/apply-again/", drift.drift_apply_again, name="drift-apply-again"),
    path("drift/<int:pk>/remove-again/", drift.drift_remove_again, name="drift-remove-again"),
    path("leases/<int:pk>/retry/", leases.lease_retry, name="lease-retry"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
