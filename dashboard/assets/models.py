"""Table: static files of the versions that serve or served this installation."""

from __future__ import annotations

from django.db import models


class SharedAsset(models.Model):
    """One static file under its hashed name, `shell/all.0123456789ab.css`, which no other content has.

    `started_at` is when a process started last whose version has it; `signature` proves that such a process wrote it.
    """

    hashed_name = models.CharField(max_length=200, primary_key=True)
    content = models.BinaryField()
    signature = models.CharField(max_length=64)
    started_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.hashed_name
