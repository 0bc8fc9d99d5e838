-- Who may enter the database "deskhand". Safe to repeat. Run by a superuser in it.
ALTER SCHEMA public OWNER TO deskhand_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON DATABASE deskhand FROM PUBLIC;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE deskhand TO deskhand_owner;
GRANT CONNECT ON DATABASE deskhand TO deskhand_migrate;
GRANT CONNECT, TEMPORARY ON DATABASE deskhand TO deskhand_app;
