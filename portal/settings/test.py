"""Settings of the tests; tests/conftest.py starts the servers and fills in their addresses."""

from __future__ import annotations

import secrets
from datetime import timedelta

from portal.env import env_str, fall_back_to
from portal.logging import logging_config

fall_back_to(
    {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": "postgresql:///portal",
        "DATABASE_RUNNING_ROLE": "portal_test",  # beside a developer's own portal on the same server
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "COMPANY_NAME": "Contoso",
        "SUPPORT_CONTACT": "it-help@contoso.example",
    }
)

from portal.settings.local import *  # noqa: E402, F403  (reads the fallbacks above)

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tests make many people
RATES = {}  # tests send forms by the dozen; those of the rates set the usual ones
DRIFT_CHECK_EVERY = TENANT_READ_EVERY = timedelta(0)  # no visit but those that a test is about
LOGGING = logging_config(as_json=False, level=env_str("LOG_LEVEL", default="WARNING"))
