-- Who may enter the database "deskhand". Safe to repeat. Run by a superuser in it.
ALTER SCHEMA public OWNER TO deskhand_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON DATABASE deskhand FROM PUBLIC;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE deskhand TO deskhand_owner;
GRANT CONNECT ON DATABASE deskhand TO deskhand_migrate;
GRANT CONNECT, TEMPORARY ON DATABASE deskhand TO deskhand_app;
-- An injected expression must not bind its transaction to another company: the serving login has no function for it.
REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO deskhand_owner, deskhand_migrate;
