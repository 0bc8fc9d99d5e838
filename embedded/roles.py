"""Bring the logins and the database of the product into being on an embedded server."""

from __future__ import annotations

from pathlib import Path

import psycopg

from embedded.postgres import SUPERUSER, Postgres

DATABASE = "deskhand"
HERE = Path(__file__).parent


def ensure_roles(postgres: Postgres) -> None:
    """Create what is missing of roles, database and grants. Safe to repeat."""
    with psycopg.connect(postgres.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute((HERE / "roles.sql").read_bytes())
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER deskhand_owner")
    with psycopg.connect(postgres.dsn(SUPERUSER, DATABASE), autocommit=True) as connection:
        connection.execute((HERE / "grants.sql").read_bytes())
