from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0004_tried_again'),
    ]

    operations = [
        migrations.AlterField(
            model_name='outbox',
            name='kind',
            field=models.CharField(choices=[('look', 'Look what became of the ticket'), ('thread', 'Read the thread'), ('row', 'Read the ticket that was set aside'), ('index_ticket', 'Index the ticket'), ('index_article', 'Index the article'), ('brief', 'Make the brief')], max_length=14),
        ),
    ]
