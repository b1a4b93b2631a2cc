"""Add the checkpoint of the audit trail, with its first row: without one the server does not start any more."""

import django.utils.timezone
from django.db import migrations, models

from people.audit.checkpoints import NOTHING, sign


def add_first(apps, schema_editor):
    checkpoints = apps.get_model("people", "AuditCheckpoint").objects.using(schema_editor.connection.alias)
    checkpoints.create(pk=1, sequence=NOTHING.sequence, hash=NOTHING.hash, signature=sign(NOTHING))


class Migration(migrations.Migration):
    dependencies = [("people", "0003_session_ids")]

    operations = [
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField(default=0)),
                ("hash", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=64)),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RunPython(add_first, migrations.RunPython.noop),
    ]
