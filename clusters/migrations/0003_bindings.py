"""Seal stored credentials for their cluster, owner and address, and not for their row alone.

All in one migration, which runs once: the old format is opened nowhere else, so an old value that somebody puts back
later, under another owner, stays unreadable. On both databases it is one transaction: interrupted, it begins again.
"""

import logging
from typing import Any

from django.db import migrations, models

from clusters.credentials.binding import build_binding, destination_of
from clusters.credentials.sealing import SealBroken, open_sealed_to_row, seal

log = logging.getLogger(__name__)


def bind_credentials(apps: Any, _schema_editor: Any) -> None:
    rows = apps.get_model("clusters", "Credential").objects
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
        row = rows.select_related("cluster").get(pk=pk)
        problem = seal_with_binding(row)
        if problem:
            log.warning("Credential %s for %s stays unreadable: %s", row.pk, row.cluster.slug, problem)
            continue
        rows.filter(pk=row.pk).update(sealed=row.sealed, binding=row.binding)


def seal_with_binding(row: Any) -> str:
    """Fill in the sealed value and binding of a row of the migration's model; why not, where it cannot be opened.

    Who added a team's credential is not known: it must be added again where its cluster moves.
    """
    try:
        plain = open_sealed_to_row(bytes(row.sealed), row=row.pk)
    except SealBroken as error:
        return str(error)
    binding = build_binding(row, destination_of(row.cluster))
    row.sealed, row.binding = seal(plain, context=binding.context), binding.to_json()
    return ""


class Migration(migrations.Migration):
    dependencies = [("clusters", "0002_color")]

    operations = [
        migrations.AddField("credential", "binding", models.JSONField(blank=True, default=dict)),
        migrations.AddField("credential", "suspended_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "credential",
            "suspended_by",
            models.CharField(blank=True, default="", max_length=150),
            preserve_default=False,
        ),
        migrations.RunPython(bind_credentials),
    ]
