from django.db import migrations, models

from people.audit.triggers import install_triggers


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('sequence', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('phase', models.CharField(choices=[('event', 'Event'), ('intent', 'Intent'), ('outcome', 'Outcome')], max_length=8)),
                ('intent', models.BigIntegerField(null=True)),
                ('verb', models.CharField(max_length=32)),
                ('person_id', models.BigIntegerField(null=True)),
                ('person', models.CharField(max_length=150)),
                ('standing', models.CharField(max_length=16)),
                ('role', models.CharField(max_length=16)),
                ('session', models.CharField(max_length=12)),
                ('token', models.CharField(max_length=64)),
                ('address', models.CharField(max_length=45)),
                ('cluster_id', models.BigIntegerField(null=True)),
                ('cluster', models.CharField(max_length=63)),
                ('credential_id', models.BigIntegerField(null=True)),
                ('credential', models.CharField(max_length=200)),
                ('identity', models.CharField(max_length=500)),
                ('group', models.CharField(max_length=253)),
                ('version', models.CharField(max_length=63)),
                ('resource', models.CharField(max_length=253)),
                ('subresource', models.CharField(max_length=63)),
                ('namespace', models.CharField(max_length=253)),
                ('name', models.CharField(max_length=253)),
                ('subject', models.CharField(max_length=300)),
                ('result', models.CharField(blank=True, choices=[('ok', 'Ok'), ('denied', 'Denied'), ('failed', 'Failed'), ('unknown', 'Unknown')], max_length=8)),
                ('status', models.IntegerField(null=True)),
                ('reason', models.CharField(max_length=1000)),
                ('audit_id', models.CharField(max_length=64)),
                ('duration', models.IntegerField(null=True)),
                ('detail', models.JSONField(default=dict)),
                ('previous', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'db_table': 'audit_entry',
                'ordering': ['sequence'],
                'indexes': [models.Index(fields=['at'], name='audit_at'), models.Index(fields=['intent'], name='audit_intent'), models.Index(fields=['person_id', 'sequence'], name='audit_person'), models.Index(fields=['cluster', 'sequence'], name='audit_cluster')],
            },
        ),
        migrations.RunPython(install_triggers, migrations.RunPython.noop),
    ]
