"""What the web server serves (portal/server.py)."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.base")
os.environ.setdefault("PROCESS_KIND", "web")
django.setup(set_prefix=False)

from portal.database_role import refuse_powerful_role  # noqa: E402  (imports what needs the settings)
from portal.middleware import ReadableRequest  # noqa: E402


class PortalHandler(WSGIHandler):
    """Django's own, with requests that can be refused instead of ending in a traceback."""

    request_class = ReadableRequest


refuse_powerful_role()
application = PortalHandler()
