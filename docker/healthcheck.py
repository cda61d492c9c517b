"""Ask the web server of this container whether it is up; worker and beat have no port and turn this check off."""

import http.client
import os
import sys

host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
connection.request("GET", "/healthz/", headers={"Host": host})
sys.exit(connection.getresponse().status != http.HTTPStatus.OK)
