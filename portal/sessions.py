"""Sessions in the database with a copy in the cache; a cache that is down costs a query, not the page."""

from __future__ import annotations

from typing import Any

import structlog
from django.contrib.sessions.backends import cached_db, db
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


class SessionStore(cached_db.SessionStore):
    """Django's own, without its need that the cache answers."""

    cache_key_prefix = "session-"

    def load(self) -> dict[str, Any]:
        """Give the session's data, from the database where the cache is silent."""
        try:
            return super().load()
        except RedisError as error:
            log.warning("session_cache_unavailable", reason=str(error))
            return db.SessionStore.load(self)

    def exists(self, session_key: str) -> bool:
        """Tell whether a session has this key."""
        try:
            return super().exists(session_key)
        except RedisError:
            return db.SessionStore.exists(self, session_key)

    def delete(self, session_key: str | None = None) -> None:
        """Remove the session from the database, which decides, and then its copy."""
        try:
            super().delete(session_key)
        except RedisError as error:
            log.warning("session_copy_left", reason=str(error))
