import apps.core.ids
import django.utils.timezone
from django.db import migrations, models

# The serving login may ask and look, and only while the operators' company is bound; what is done is the owner's to say.
WALL = """
REVOKE ALL ON public.tenancy_order FROM PUBLIC;
GRANT SELECT, INSERT ON public.tenancy_order TO deskhand_app;
ALTER TABLE public.tenancy_order ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY order_work ON public.tenancy_order TO deskhand_owner USING (true) WITH CHECK (true);
CREATE POLICY order_look ON public.tenancy_order FOR SELECT TO deskhand_app
    USING (nullif(current_setting('app.company_id', true), '') = 'operator');
CREATE POLICY order_ask ON public.tenancy_order FOR INSERT TO deskhand_app
    WITH CHECK (nullif(current_setting('app.company_id', true), '') = 'operator'
        AND state = 'asked' AND steps = '[]' AND attempts = 0 AND finished_at IS NULL);
"""


class Migration(migrations.Migration):
    """A column that may be empty (a lock of an instant), a small table of the registry and its wall."""

    dependencies = [("tenancy", "0002_domain_verified_at")]

    operations = [
        migrations.AddField(model_name="company", name="closed_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AlterField(
            model_name="company",
            name="status",
            field=models.CharField(choices=[('provisioning', 'Provisioning'), ('active', 'Active'), ('suspended', 'Suspended'), ('closing', 'Closing'), ('closed', 'Closed')], default='provisioning', max_length=16),
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.UUIDField(default=apps.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("open", "Open"), ("suspend", "Suspend"), ("resume", "Resume"), ("close", "Close")], max_length=10)),
                ("company_id", models.CharField(max_length=40)),
                ("facts", models.JSONField(default=dict)),
                ("state", models.CharField(choices=[("asked", "Asked"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")], default="asked", max_length=10)),
                ("code", models.CharField(blank=True, max_length=60)),
                ("steps", models.JSONField(default=list)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("asked_by", models.CharField(blank=True, max_length=60)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={"db_table": '"public"."tenancy_order"'},
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(condition=models.Q(("state__in", ["asked", "running"])), fields=("company_id",), name="tenancy_order_one_open"),
        ),
        migrations.RunSQL(WALL, migrations.RunSQL.noop),
    ]
