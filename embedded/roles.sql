-- The logins of tenancy.md 2.2. Safe to repeat. Run by a superuser in the database "postgres".
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'deskhand_owner') THEN
        CREATE ROLE deskhand_owner NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'deskhand_migrate') THEN
        CREATE ROLE deskhand_migrate LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'deskhand_app') THEN
        CREATE ROLE deskhand_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
END
$$;
GRANT deskhand_owner TO deskhand_migrate;
GRANT pg_checkpoint TO deskhand_owner; -- at the end of a company: its tables' files go with the next checkpoint
ALTER ROLE deskhand_migrate SET role TO deskhand_owner;
ALTER ROLE deskhand_migrate SET lock_timeout TO '2s';
ALTER ROLE deskhand_app SET search_path TO pg_catalog;
ALTER ROLE deskhand_app SET statement_timeout TO '15s';
ALTER ROLE deskhand_app SET idle_in_transaction_session_timeout TO '30s';
