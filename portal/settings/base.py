"""Settings of production; development and tests start from here and say what differs."""

from __future__ import annotations

import logging
import re
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.database.limits import usual_limits
from portal.env import env_bool, env_int, env_list, env_path, env_str, env_timedelta
from portal.logging import logging_config
from portal.rates import read_rates
from troubleshooting.domain.base.processes import Queue
from troubleshooting.domain.cases.limits import CaseLimits
from troubleshooting.domain.checks.collections import CollectionRules
from troubleshooting.domain.exclusions.approval import ApprovalPolicy

django_stubs_ext.monkeypatch()  # admin.ModelAdmin[Device] and its like work at run time too

BASE_DIR = Path(__file__).resolve().parents[2]

# --- What the portal is -----------------------------------------------------------------------------------------------

PRODUCTION = True  # read by portal/checks.py; development and tests say False
DEBUG = False
SHOW_STYLEGUIDE = False  # the page of components, for developers
SECRET_KEY = env_str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "troubleshooting",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "django_htmx",
    "django_linear_migrations",
    "django_structlog",
    "heroicons",
    "pgtrigger",
]

MIDDLEWARE = [
    "portal.logging.RequestLogMiddleware",  # outermost: its line covers everything below, and it never asks who it is
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.NoStoreMiddleware",
    "portal.middleware.BodyLimitMiddleware",
    "portal.middleware.OddInputMiddleware",  # above whatever reads a cookie, a query or a form
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.LoginRequiredMiddleware",
    "portal.middleware.OwnPasswordMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.RateLimitMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- People -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "troubleshooting.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "portal.passwords.GuessablePasswordValidator"},
]

SESSION_COOKIE_AGE = int(env_timedelta("SESSION_LENGTH", default=timedelta(hours=12)).total_seconds())

# --- PostgreSQL and Redis ---------------------------------------------------------------------------------------------


def _postgresql(url: str) -> dict[str, Any]:
    """Return Django's entry for a PostgreSQL address; every other engine is refused."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(
            "The portal cannot start: DATABASE_URL must name a PostgreSQL server (postgresql://user@host/name); "
            "its promises are kept by constraints and locks that no other database has."
        )
    usual = usual_limits(env_str("PROCESS_KIND", default="command"))
    limits = replace(
        usual,
        statement=env_timedelta("DATABASE_STATEMENT_TIMEOUT", default=usual.statement),
        lock=env_timedelta("DATABASE_LOCK_TIMEOUT", default=usual.lock),
        silence=env_timedelta("DATABASE_SILENCE_TIMEOUT", default=usual.silence),
    )
    parsed = dj_database_url.parse(url, engine="portal.database", conn_health_checks=True)
    entry: dict[str, Any] = {**parsed, "CONN_MAX_AGE": limits.keep_connection_s}
    entry["OPTIONS"] = limits.options(**entry.get("OPTIONS", {}))
    return entry


DATABASES = {"default": _postgresql(env_str("DATABASE_URL"))}
# Whom manage.py migrate, run as the owner of the tables, grants what web, worker and beat need.
DATABASE_RUNNING_ROLE = env_str("DATABASE_RUNNING_ROLE", default="portal")

REDIS_URL = env_str("REDIS_URL")

# What web and workers share for a while: which messages are under way. It may be lost at any time.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "portal",
        # Without a Redis a page must not wait: one try, no second.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2, "retry": Retry(NoBackoff(), 0)},
    }
}

# --- Disks: /readyz/ says no where a folder that the portal writes to has less room -----------------------------------

LEAST_FREE_MB = env_int("LEAST_FREE_MB", default=50)
WRITTEN_FOLDERS = env_list("WRITTEN_FOLDERS", default=(tempfile.gettempdir(), str(BASE_DIR)))

# --- Tasks ------------------------------------------------------------------------------------------------------------
# The row is the truth and the message only notifies: a message that is lost costs one sweep, so no results are kept.

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker, however long
CELERY_BROKER_CONNECTION_TIMEOUT = 3
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A message that a worker had fetched and not begun is lost with it: the sweep sends the next one. Remembering it in
    # Redis until it is begun (four commands a message) would cost the worker as much as saving what the PC answers.
    "ack_emulation": False,
    "global_keyprefix": "portal-",
    "socket_connect_timeout": 3,
    "socket_timeout": 15,
    # A message that finds no broker gives up at once; its page must not wait for what the sweep will do.
    "max_retries": 1,
    "interval_start": 0.0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_step": 0.1, "interval_max": 0.2}
CELERY_TASK_DEFAULT_QUEUE = Queue.PORTAL.value
# A worker without -Q serves both queues; see docs/architecture.md for which message waits where.
CELERY_TASK_QUEUES = {name.value: {"exchange": name.value, "routing_key": name.value} for name in Queue}
CELERY_TASK_ROUTES = {"troubleshooting.sweep": {"queue": Queue.SAFETY.value}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = False  # the sweep finds what a lost worker left; a late ack would need the broker to be there
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_DB_REUSE_MAX = sys.maxsize  # Celery leaves connections alone; portal/celery.py closes them by CONN_MAX_AGE
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "portal.heartbeats:BeatingScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5  # seconds
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "troubleshooting.sweep", "schedule": timedelta(minutes=1), "options": {"expires": 55}},
}

# How much a worker may grow, in MiB (0: without end): past the mark it finishes what it holds, past the limit it ends.
LARGEST_SUPPORT_FILES = (
    env_int("LARGEST_SUPPORT_FILES_MB", default=500) * 1_000_000
)  # as much as Microsoft's form takes
SUPPORT_FILES_WITHIN = env_timedelta("SUPPORT_FILES_WITHIN", default=timedelta(hours=1))  # to collect and to fetch them
WORKER_MEMORY_MARK_MB = env_int("WORKER_MEMORY_MARK_MB", default=400)
WORKER_MEMORY_LIMIT_MB = env_int("WORKER_MEMORY_LIMIT_MB", default=800)
HEARTBEAT_FILE = env_path("HEARTBEAT_FILE")  # touched by worker and beat, for whoever watches their container

# --- Limits (handed down as arguments; see docs/architecture.md) ------------------------------------------------------

CHECK_RUN_DEADLINE = env_timedelta("CHECK_RUN_DEADLINE", default=timedelta(days=3))  # how long a PC is waited for


def _case_limits() -> CaseLimits:
    """Return how many cases and checks one person, or one PC, may have under way."""
    usual = CaseLimits()
    try:
        return CaseLimits(
            open_per_person=env_int("OPEN_CASES_PER_PERSON", default=usual.open_per_person),
            open_per_pc=env_int("OPEN_CASES_PER_PC", default=usual.open_per_pc),
            live_per_person=env_int("LIVE_CHECKS_PER_PERSON", default=usual.live_per_person),
            live_per_pc=env_int("LIVE_CHECKS_PER_PC", default=usual.live_per_pc),
        )
    except ValueError as error:
        raise ImproperlyConfigured(
            f"The portal cannot start: each of OPEN_CASES_PER_… and LIVE_CHECKS_PER_… {error}"
        ) from error


CASE_LIMITS = _case_limits()
RATES = read_rates(lambda name, usual: env_str(name, default=usual))  # per person; the table is there
CHECK_RUN_LOST_AFTER = env_timedelta("CHECK_RUN_LOST_AFTER", default=timedelta(minutes=2))  # silence of its worker
VISIT_LIMIT = env_timedelta("VISIT_LIMIT", default=timedelta(minutes=5))  # one visit, whatever happens in it
EVENTS_SINCE = env_timedelta("EVENTS_SINCE", default=timedelta(hours=24))  # how far back protection events are read
AUDIT_MODE_TEST_LENGTH = env_timedelta("AUDIT_MODE_TEST_LENGTH", default=timedelta(minutes=15))  # an hour at most
AUDIT_MODE_TEST_NEEDS_APPROVAL_FROM = env_list(
    "AUDIT_MODE_TEST_NEEDS_APPROVAL_FROM"
)  # roles that wait for IT, such as employee
EXCLUSION_MAX_LIFETIME = env_timedelta("EXCLUSION_MAX_LIFETIME", default=timedelta(days=30))
# Whether the portal may take an IP exclusion off for a minute, in audit mode, to see if it is still needed at its end.
EXCLUSION_RETESTS = env_bool("EXCLUSION_RETESTS", default=False)
DRIFT_CHECK_EVERY = env_timedelta("DRIFT_CHECK_EVERY", default=timedelta(days=1))  # each PC's lists; 0s: when asked
# How long raw answers are kept on which nothing rests, of drift scans and of checks; 0s: forever (remove_old_answers).
DRIFT_ANSWERS_KEPT = env_timedelta("DRIFT_ANSWERS_KEPT", default=timedelta(days=90))
CHECK_ANSWERS_KEPT = env_timedelta("CHECK_ANSWERS_KEPT", default=timedelta(days=365))
COLLECTION_RULES = CollectionRules()
SUBMISSION_REMINDER = env_timedelta("SUBMISSION_REMINDER", default=timedelta(days=7))  # without news of Microsoft
TENANT_READ_EVERY = env_timedelta("TENANT_READ_EVERY", default=timedelta(hours=1))  # the tenant's list; 0s: when asked


def _approvals() -> ApprovalPolicy:
    """Return how many different people approve an exclusion; everyone and programs always need two at least."""
    try:
        policy = ApprovalPolicy(
            short_time=env_timedelta("EXCLUSION_SHORT_TIME", default=timedelta(days=7)),
            one_pc=env_int("EXCLUSION_APPROVALS_ONE_PC", default=1),
            one_pc_for_long=env_int("EXCLUSION_APPROVALS_ONE_PC_FOR_LONG", default=1),
            group=env_int("EXCLUSION_APPROVALS_GROUP", default=1),
            everyone=env_int("EXCLUSION_APPROVALS_EVERYONE", default=2),
            process=env_int("EXCLUSION_APPROVALS_PROCESS", default=2),
        )
    except ValueError as error:
        raise ImproperlyConfigured(f"The portal cannot start: EXCLUSION_APPROVALS_… {error}") from error
    if min(policy.everyone, policy.process) < 2:
        raise ImproperlyConfigured(
            "The portal cannot start: EXCLUSION_APPROVALS_EVERYONE and EXCLUSION_APPROVALS_PROCESS are 2 or more."
        )
    return policy


EXCLUSION_APPROVALS = _approvals()

# --- The company and its devices --------------------------------------------------------------------------------------

COMPANY_NAME = env_str("COMPANY_NAME", default="")
COMPANY_SAID = env_str("COMPANY_SAID", default="")  # Microsoft support access id, for submissions
SUPPORT_CONTACT = env_str("SUPPORT_CONTACT", default="")
DEVICE_CREDENTIAL_DIRECTORY = env_path("DEVICE_CREDENTIAL_DIRECTORY")  # files instead of DEVICE_CREDENTIAL_… variables
DEVICES_MAY_BE_LOCAL = False  # on loopback or link-local addresses; only development and tests say True
DEVICE_CA_FILE = env_path("DEVICE_CA_FILE")  # None: the system's trust store

# --- Defender for Endpoint's API (allow indicators); all empty: not set up, and everything on PCs works --------------

DEFENDER_API_TENANT = env_str("DEFENDER_API_TENANT", default="")  # its id or domain
DEFENDER_API_CLIENT_ID = env_str("DEFENDER_API_CLIENT_ID", default="")
DEFENDER_API_CLIENT_SECRET = env_str("DEFENDER_API_CLIENT_SECRET", default="")
DEFENDER_API_CERTIFICATE = env_path("DEFENDER_API_CERTIFICATE")  # PEM, instead of a secret
DEFENDER_API_CERTIFICATE_KEY = env_path("DEFENDER_API_CERTIFICATE_KEY")
DEFENDER_API_HOST = env_str("DEFENDER_API_HOST", default="https://api.security.microsoft.com")
DEFENDER_API_AUTHORITY = env_str("DEFENDER_API_AUTHORITY", default="https://login.microsoftonline.com")
DEFENDER_API_SCOPE = env_str("DEFENDER_API_SCOPE", default="https://api.securitycenter.microsoft.com/.default")
DEFENDER_API_CA_FILE = env_path("DEFENDER_API_CA_FILE")  # None: the system's trust store
DEFENDER_API_PROXY = env_str("DEFENDER_API_PROXY", default="")  # none is taken from HTTPS_PROXY
DEFENDER_API_PROCESSES = env_int("DEFENDER_API_PROCESSES", default=1)  # that share the tenant's limits on calls

# --- Language and time ------------------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Static files -----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Security ---------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
LARGEST_BODY = 64 * 1024  # bytes; no form of the portal needs more
LARGEST_COLLECTION = 5_000_000 + LARGEST_BODY  # bytes of what the collector read, with the form around it
LARGER_BODIES = ((re.compile(r"/cases/[^/]+/collection/|/collected/[^/]+/"), LARGEST_COLLECTION),)  # by path
DATA_UPLOAD_MAX_MEMORY_SIZE = LARGEST_BODY
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz/$", r"^readyz/$"]  # asked by the machine beside, over HTTP
SECURE_HSTS_SECONDS = env_int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env_bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env_bool("SECURE_HSTS_PRELOAD", default=False)
# Only where a proxy in front always sets or removes X-Forwarded-Proto, and adds its client to X-Forwarded-For.
BEHIND_TLS_PROXY = env_bool("BEHIND_TLS_PROXY", default=False)
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # the link in a Windows Security toast must find the session
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True  # htmx sends the token from the page, not from the cookie
CSRF_COOKIE_SAMESITE = "Lax"

# --- Logs -------------------------------------------------------------------------------------------------------------

DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # one line a request: the one that has the answer
DJANGO_STRUCTLOG_USER_ID_FIELD = None  # asking who it is would cost a query for each poll
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # addresses of employees are nobody's business here
LOGGING_CONFIG = "portal.logging.configure"
LOGGING = logging_config(as_json=True, level=env_str("LOG_LEVEL", default="INFO"))
