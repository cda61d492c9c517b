#!/bin/sh
# Make the two roles of the database (docs/adr/0012-two-roles.md). The image of PostgreSQL runs this once, as superuser.
set -eu

secrets="${SECRETS:-/run/secrets}"
psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" \
    --set owner_password="$(cat $secrets/owner_password)" \
    --set portal_password="$(cat $secrets/portal_password)" <<'SQL'
CREATE ROLE portal_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE portal LOGIN PASSWORD :'portal_password';
CREATE DATABASE portal OWNER portal_owner;
SQL
