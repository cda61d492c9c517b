"""What gunicorn serves: ``gunicorn portal.wsgi``."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.base")
django.setup(set_prefix=False)

from portal.middleware import ReadableRequest  # noqa: E402  (imports what needs the settings)


class PortalHandler(WSGIHandler):
    """Django's own, with requests that can be refused instead of ending in a traceback."""

    request_class = ReadableRequest


application = PortalHandler()
