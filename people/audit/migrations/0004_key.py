"""Add the key of each row's hash. Rows that are there have none, and stay as they are hashed."""

from django.db import migrations, models

from people.audit.triggers import install_triggers


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_field_names")]

    operations = [
        migrations.AddField("auditentry", "key_id", models.CharField(default="", max_length=16)),
        migrations.RunPython(install_triggers, migrations.RunPython.noop),
    ]
