#!/bin/sh
# First start of the database: the logins of embedded/roles.sql, with passwords, then the database.
set -eu
psql --username postgres --dbname postgres --file /deskhand/roles.sql
psql --username postgres --dbname postgres --set app="$APP_PASSWORD" --set migrate="$MIGRATE_PASSWORD" <<'SQL'
ALTER ROLE deskhand_app PASSWORD :'app';
ALTER ROLE deskhand_migrate PASSWORD :'migrate';
CREATE DATABASE deskhand OWNER deskhand_owner;
SQL
psql --username postgres --dbname deskhand --file /deskhand/grants.sql
