"""Static files of the versions that serve or served this installation."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SharedAsset",
            fields=[
                ("hashed_name", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("content", models.BinaryField()),
                ("signature", models.CharField(max_length=64)),
                ("started_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
