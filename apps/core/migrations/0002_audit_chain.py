"""The audit trail becomes a chain that only grows (AUD-1), with persons as pseudonyms (AUD-3).

Locks core_auditevent for as long as its rows are sealed anew: some 20,000 a second.
"""

from django.db import migrations, models

from apps.core.audit import microseconds
from apps.core.chain import GENESIS, content, key_of, link, pseudonym, ring
from apps.core.events import AUDIT_EVENTS, fits, mark

# One line a body: the template of a company is cut into statements at line ends (tenancy/folding.py).
GUARD = """
CREATE FUNCTION core_auditevent_grows_only() RETURNS trigger LANGUAGE plpgsql SET search_path TO pg_catalog
AS $$ BEGIN RAISE EXCEPTION 'the audit trail only grows' USING ERRCODE = 'insufficient_privilege'; END $$;
REVOKE ALL ON FUNCTION core_auditevent_grows_only() FROM PUBLIC;
CREATE TRIGGER core_auditevent_rows BEFORE UPDATE OR DELETE ON core_auditevent
FOR EACH ROW EXECUTE FUNCTION core_auditevent_grows_only();
CREATE TRIGGER core_auditevent_all BEFORE TRUNCATE ON core_auditevent
FOR EACH STATEMENT EXECUTE FUNCTION core_auditevent_grows_only();
DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'deskhand_app') THEN
REVOKE UPDATE, DELETE, TRUNCATE ON core_auditevent FROM deskhand_app; END IF; END $$
"""
UNGUARD = "DROP TRIGGER core_auditevent_rows ON core_auditevent; DROP TRIGGER core_auditevent_all ON core_auditevent; DROP FUNCTION core_auditevent_grows_only()"


def seal_old_entries(apps, schema_editor):
    """Number what is there by time and seal it. What older versions noted and events.py does not allow is left out."""
    model = apps.get_model("core", "AuditEvent")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.company_id', true)")
        company_id = cursor.fetchone()[0] or ""
    key_id, previous = ring().newest, GENESIS
    for seq, row in enumerate(model.objects.order_by("at", "id"), start=1):
        allowed = AUDIT_EVENTS[row.event].fields if row.event in AUDIT_EVENTS else ()
        row.facts = {
            name: value if fits(name, value) else mark(value) for name, value in row.facts.items() if name in allowed
        }
        row.principal, row.subject = (pseudonym(who, company_id) for who in (row.principal, row.subject))
        row.request_id = row.request_id if fits("request_id", row.request_id) else ""
        row.seq, row.key_id, row.prev = seq, key_id, previous
        body = content(
            company_id, seq, str(row.pk), microseconds(row.at), row.event, row.principal, row.subject, row.request_id,
            row.facts, key_id,
        )
        row.mac = previous = link(key_of("entries", company_id, key_id), previous, body)
        row.save()


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="auditevent", options={"verbose_name": "audit entry", "verbose_name_plural": "audit log"}
        ),
        migrations.AddField("auditevent", "seq", models.BigIntegerField(null=True, verbose_name="number")),
        migrations.AddField("auditevent", "key_id", models.CharField(default="", max_length=40), preserve_default=False),
        migrations.AddField("auditevent", "prev", models.BinaryField(default=b"", max_length=32), preserve_default=False),
        migrations.AddField("auditevent", "mac", models.BinaryField(default=b"", max_length=32), preserve_default=False),
        migrations.AlterField("auditevent", "at", models.DateTimeField(db_index=True, verbose_name="time")),
        migrations.AlterField("auditevent", "event", models.CharField(max_length=60, verbose_name="event")),
        migrations.AlterField("auditevent", "principal", models.CharField(blank=True, max_length=80, verbose_name="who")),
        migrations.AlterField(
            "auditevent", "subject", models.CharField(blank=True, max_length=120, verbose_name="what it was about")
        ),
        migrations.AlterField(
            "auditevent", "request_id", models.CharField(blank=True, max_length=40, verbose_name="request ID")
        ),
        migrations.AlterField("auditevent", "facts", models.JSONField(default=dict, verbose_name="details")),
        migrations.RunPython(seal_old_entries, migrations.RunPython.noop),
        migrations.AlterField("auditevent", "seq", models.BigIntegerField(unique=True, verbose_name="number")),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
