"""Ask whether this container works: the web server by its port, worker and beat by the age of their heartbeat."""

import http.client
import os
import sys
import time
from pathlib import Path

LOST_AFTER_S = 35  # what the portal's own pages use


def web_is_up() -> bool:
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
    connection.request("GET", "/healthz/", headers={"Host": host})
    return connection.getresponse().status == http.HTTPStatus.OK


def beats(path: Path) -> bool:
    return path.exists() and time.time() - path.stat().st_mtime < LOST_AFTER_S


heartbeat = os.environ.get("HEARTBEAT_FILE")
sys.exit(not (beats(Path(heartbeat)) if heartbeat else web_is_up()))
