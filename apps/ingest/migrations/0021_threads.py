from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0020_activities'),
    ]

    operations = [
        migrations.AlterField(
            model_name='stream',
            name='kind',
            field=models.CharField(choices=[('articles', 'Articles'), ('tickets', 'Tickets'), ('trashed', 'Trashed tickets'), ('spam', 'Spam'), ('gone', 'Deleted tickets'), ('history', 'Older tickets'), ('threads', 'Threads'), ('people', 'Names of customers'), ('companies', 'Companies of customers'), ('ids', 'All numbers'), ('recent', 'Recent threads again'), ('reference', 'Agents, groups and statuses'), ('canned', 'Saved replies'), ('ratings', 'Ratings of customers'), ('times', 'Time entries'), ('activities', 'Activities of tickets')], max_length=10),
        ),
    ]
