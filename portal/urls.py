"""Addresses of the project; the portal's own pages are in troubleshooting/urls.py."""

from django.contrib import admin
from django.urls import include, path

from portal import health

urlpatterns = [
    path("healthz/", health.healthz, name="healthz"),
    path("readyz/", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("", include("troubleshooting.urls")),
]
