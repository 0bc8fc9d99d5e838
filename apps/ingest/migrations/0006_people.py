from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0005_row'),
    ]

    operations = [
        migrations.AlterField(
            model_name='stream',
            name='kind',
            field=models.CharField(choices=[('articles', 'Articles'), ('tickets', 'Tickets'), ('trashed', 'Trashed tickets'), ('spam', 'Spam'), ('history', 'Older tickets'), ('people', 'Names of customers'), ('ids', 'All numbers'), ('recent', 'Recent threads again'), ('reference', 'Agents, groups and statuses')], max_length=10),
        ),
    ]
