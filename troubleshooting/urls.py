"""Addresses of the portal's pages."""

from django.contrib.auth.views import LoginView
from django.urls import path

from troubleshooting.views import cases, check_runs, home, report, sign_out, styleguide, submissions

urlpatterns = [
    path("", home.home, name="home"),
    path("help/", home.how_it_works, name="help"),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", sign_out.sign_out, name="logout"),
    path("report/", report.report, name="report"),
    path("report/steps/<int:step>/", report.report_step, name="report-step"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("cases/<str:number>/check/", cases.check_start, name="check-start"),
    path("cases/<str:number>/withdraw/", cases.case_withdraw, name="case-withdraw"),
    path("cases/<str:number>/solve/", cases.case_solve, name="case-solve"),
    path("cases/<str:number>/submission/", submissions.submission, name="submission"),
    path("cases/<str:number>/submission/record/", submissions.submission_record, name="submission-record"),
    path("cases/<str:number>/evidence.json", submissions.evidence_json, name="evidence-json"),
    path("cases/<str:number>/evidence.txt", submissions.evidence_text, name="evidence-text"),
    path("check-runs/<int:pk>/checklist/", check_runs.checklist, name="checklist"),
    path("check-runs/<int:pk>/cancel/", check_runs.check_cancel, name="check-cancel"),
    path("check-runs/<int:pk>/retry/", check_runs.check_retry, name="check-retry"),
    path("check-runs/<int:pk>/transcript/", check_runs.transcript, name="transcript"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
