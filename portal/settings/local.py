"""What development and tests share: plain HTTP on loopback, static files straight from their folders."""

from __future__ import annotations

from portal.env import env_list
from portal.settings.base import *  # noqa: F403
from portal.settings.base import MIDDLEWARE, STORAGES

PRODUCTION = False
SHOW_STYLEGUIDE = True
DEVICES_MAY_BE_LOCAL = True  # the simulated PCs are
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", default=("localhost", "127.0.0.1", "[::1]"))

SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False

STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

# No compressed copies are made here, so static files go through GZip too: what travels weighs what it weighs in
# production. (There GZip stands below WhiteNoise, which serves its own copies and ranges.)
_GZIP = "django.middleware.gzip.GZipMiddleware"
MIDDLEWARE = [MIDDLEWARE[0], _GZIP, *(entry for entry in MIDDLEWARE[1:] if entry != _GZIP)]
