"""Django's PostgreSQL backend, for a server that can fall silent (``ENGINE``: ``portal.database``)."""
