"""One call that takes the head of the trail: lock and look in a function whose plans are kept. Locks nothing."""

from django.db import migrations

# Each statement of a volatile function takes its own snapshot, so the look sees the entry of whoever held the lock
# before; as one statement it would not, and the chain would fork. Without statistics the planner would rather sort a
# young trail than walk its key backwards. One line a body: see 0002.
HEAD = """
CREATE FUNCTION core_auditevent_head(OUT company text, OUT last bigint, OUT seal bytea) LANGUAGE plpgsql SET enable_sort TO off
AS $$ BEGIN company := current_setting('app.company_id'); PERFORM pg_advisory_xact_lock(7305, hashtext(company)); SELECT e.seq, e.mac INTO last, seal FROM core_auditevent e ORDER BY e.seq DESC LIMIT 1; END $$;
REVOKE ALL ON FUNCTION core_auditevent_head() FROM PUBLIC;
DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'deskhand_app') THEN
GRANT EXECUTE ON FUNCTION core_auditevent_head() TO deskhand_app; END IF; END $$
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0003_companykey")]

    operations = [migrations.RunSQL(HEAD, "DROP FUNCTION core_auditevent_head()")]
