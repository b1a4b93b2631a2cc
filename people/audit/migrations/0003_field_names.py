"""Rename the model and three columns. No row is rewritten: the hash covers values in their order, not names."""

from django.db import migrations, models

from people.audit.triggers import install_triggers


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_indexes_of_the_page")]

    operations = [
        migrations.RenameModel("Entry", "AuditEntry"),
        migrations.RenameField("auditentry", "intent", "request"),
        migrations.RenameField("auditentry", "standing", "global_role"),
        migrations.RenameField("auditentry", "subject", "target"),
        # RenameField leaves the index as it is in the database; Django's own state needs the new field name.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("auditentry", "audit_intent"),
                migrations.AddIndex("auditentry", models.Index(fields=["request"], name="audit_intent")),
            ]
        ),
        migrations.AlterField(
            "auditentry",
            "phase",
            models.CharField(
                choices=[("event", "Event"), ("intent", "Request"), ("outcome", "Result")], max_length=8
            ),
        ),
        migrations.RunPython(install_triggers, migrations.RunPython.noop),
    ]
