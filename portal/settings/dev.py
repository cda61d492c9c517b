"""Settings for development and for ``make demo``; while the demo runs, ``manage.py`` speaks to its servers."""

from __future__ import annotations

import secrets
from pathlib import Path

from portal.env import env_bool, env_str, fall_back_to, read_env_file
from portal.logging import logging_config

_DEMO_ENV = Path(__file__).resolve().parents[2] / "var" / "demo" / "env"  # written by portal/demo/runner.py

fall_back_to(
    {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": "postgresql:///portal",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        **read_env_file(_DEMO_ENV),
    }
)

from portal.settings.local import *  # noqa: E402, F403  (reads the fallbacks above)

DEBUG = env_bool("DEBUG", default=True)
LOGGING = logging_config(as_json=False, level=env_str("LOG_LEVEL", default="INFO"))
