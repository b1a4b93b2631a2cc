"""Store the hash of each session's key in place of the key; sessions go on."""

import hashlib
from typing import Any

from django.db import migrations, models

ID_LENGTH = 64  # digits of a SHA-256; the column held at most 40 before


def hash_session_keys(apps: Any, _schema_editor: Any) -> None:
    sessions = apps.get_model("people", "Session").objects
    for key in sessions.values_list("pk", flat=True):
        if len(key) < ID_LENGTH:
            sessions.filter(pk=key).update(session_key=hashlib.sha256(key.encode()).hexdigest())


def end_sessions(apps: Any, _schema_editor: Any) -> None:
    """The way back: no hash leads to its key, so everybody signs in again."""
    apps.get_model("people", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("people", "0002_global_and_team_roles")]

    operations = [
        migrations.AlterField(
            "session", "session_key", models.CharField(max_length=64, primary_key=True, serialize=False)
        ),
        migrations.RunPython(hash_session_keys, end_sessions),
    ]
