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
        migrations.RunPython(install_triggers, migrations.RunPython.noop),
    ]
