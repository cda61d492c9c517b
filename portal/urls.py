"""Addresses of the project; the portal's own pages are in troubleshooting/urls.py."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView

from portal import health
from troubleshooting.views.base import sign_in, sign_out

handler500 = "portal.faults.server_error"

urlpatterns = [
    path("healthz/", health.healthz, name="healthz"),
    path("readyz/", health.readyz, name="readyz"),
    # One way in, one way out, one page for passwords: what slows guessing down and is recorded there is nowhere else.
    path("admin/login/", login_not_required(sign_in.admin_sign_in)),
    path("admin/logout/", sign_out.sign_out),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password")),
    path("admin/", admin.site.urls),
    path("", include("troubleshooting.urls")),
]
