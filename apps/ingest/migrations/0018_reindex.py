from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0017_ratings'),
    ]

    operations = [
        migrations.AlterField(
            model_name='outbox',
            name='kind',
            field=models.CharField(choices=[('hint', 'Read the ticket that may have changed'), ('look', 'Look what became of the ticket'), ('thread', 'Read the thread'), ('row', 'Read the ticket that was set aside'), ('index_ticket', 'Index the ticket'), ('index_article', 'Index the article'), ('brief', 'Make the brief'), ('file', 'Read the file'), ('second_article', 'Give the article its second meaning'), ('notice', 'Tell an admin by email'), ('reindex', 'Index everything again'), ('reindex_afresh', 'Compute the meaning of everything again')], max_length=14),
        ),
    ]
