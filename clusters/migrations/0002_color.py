"""Rename `colour` to `color`."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clusters", "0001_initial")]

    operations = [migrations.RenameField("cluster", "colour", "color")]
