"""Rename `standing` to `global_role`, and the team roles reader and operator to viewer and editor."""

from typing import Any

from django.db import migrations, models

TEAM_ROLES = [("viewer", "Viewer"), ("editor", "Editor")]
NEW_NAMES = {"reader": "viewer", "operator": "editor"}


def rename_team_roles(apps: Any, _schema_editor: Any) -> None:
    _replace_roles(apps, NEW_NAMES)


def restore_team_roles(apps: Any, _schema_editor: Any) -> None:
    _replace_roles(apps, {new: old for old, new in NEW_NAMES.items()})


def _replace_roles(apps: Any, names: dict[str, str]) -> None:
    for model in (apps.get_model("people", "Membership"), apps.get_model("people", "Invitation")):
        for before, after in names.items():
            model.objects.filter(role=before).update(role=after)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.RenameField("user", "standing", "global_role"),
        migrations.RenameField("invitation", "standing", "global_role"),
        migrations.AlterField(
            "membership",
            "role",
            models.CharField("role", max_length=16, choices=TEAM_ROLES, default="viewer"),
        ),
        migrations.AlterField(
            "invitation",
            "role",
            models.CharField(max_length=16, choices=TEAM_ROLES, default="viewer"),
        ),
        migrations.RunPython(rename_team_roles, restore_team_roles),
    ]
