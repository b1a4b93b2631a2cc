"""Mark the sessions whose keys are signed; those that are there already have keys that are not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0004_audit_checkpoint")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="has_signed_key",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
