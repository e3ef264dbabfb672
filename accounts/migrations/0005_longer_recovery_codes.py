import django.contrib.postgres.fields
from django.db import migrations, models


def forget(apps, schema_editor):
    """Codes of 49 bits can be found from their digests; the page says that none is left and how to get new ones."""
    apps.get_model('accounts', 'SecondFactor').objects.update(recovery=[])


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_second_factor'),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='secondfactor',
            name='recovery',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, help_text='SHA-256 of each unused code, which has 99 bits.', size=None),
        ),
    ]
