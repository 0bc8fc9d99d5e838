from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0002_placed'),
    ]

    operations = [
        migrations.AlterField(
            model_name='chunk',
            name='kind',
            field=models.CharField(choices=[('message', 'Message'), ('article', 'Article'), ('attachment', 'Attachment'), ('resolution', 'Resolution')], max_length=12),
        ),
    ]
