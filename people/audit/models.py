"""Models of the audit trail: one append-only entry with phase, result, target and hash."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Phase(models.TextChoices):
    """A request row is written before a write is sent to a cluster, a result row after it; all else is an event.

    The stored values are hashed and stay what they were.
    """

    EVENT = "event"
    REQUEST = "intent"
    RESULT = "outcome"


class Result(models.TextChoices):
    """UNKNOWN is never stored: it is a request without a result, or one whose response never came."""

    OK = "ok"
    DENIED = "denied"
    FAILED = "failed"
    UNKNOWN = "unknown"


class AuditEntry(models.Model):
    """One row, written once by `people.audit.writer` and never changed: the database's triggers see to it.

    People, clusters and credentials stand in it as text and id, so that it says the same when they are gone. All
    text is bounded and holds no character that could turn, hide or break the line it is shown in.
    """

    sequence = models.BigIntegerField(primary_key=True)  # 1, 2, 3 ... without a gap
    at = models.DateTimeField()
    phase = models.CharField(max_length=8, choices=Phase.choices)
    request = models.BigIntegerField(null=True)  # of a result: the sequence of its request
    verb = models.CharField(max_length=32)
    person_id = models.BigIntegerField(null=True)
    person = models.CharField(max_length=150)
    global_role = models.CharField(max_length=16)
    role = models.CharField(max_length=16)
    session = models.CharField(max_length=12)
    token = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    cluster_id = models.BigIntegerField(null=True)
    cluster = models.CharField(max_length=63)
    credential_id = models.BigIntegerField(null=True)
    credential = models.CharField(max_length=200)
    identity = models.CharField(max_length=500)
    group = models.CharField(max_length=253)
    version = models.CharField(max_length=63)
    resource = models.CharField(max_length=253)
    subresource = models.CharField(max_length=63)
    namespace = models.CharField(max_length=253)
    name = models.CharField(max_length=253)
    target = models.CharField(max_length=300)
    result = models.CharField(max_length=8, choices=Result.choices, blank=True)
    status = models.IntegerField(null=True)
    reason = models.CharField(max_length=1000)
    audit_id = models.CharField(max_length=64)
    duration = models.IntegerField(null=True)  # milliseconds
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    key_id = models.CharField(
        max_length=16, default=""
    )  # of the hash (people.audit.keys); "" before there were keys

    class Meta:
        db_table = "audit_entry"
        ordering: ClassVar[list[str]] = ["sequence"]
        # The page of the audit trail goes along the chain under one of these (dashboard/audit/pagination.py).
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["at", "sequence"], name="audit_time"),
            models.Index(fields=["request"], name="audit_intent"),
            models.Index(fields=["person_id", "sequence"], name="audit_person"),
            models.Index(fields=["person", "sequence"], name="audit_name"),
            models.Index(fields=["cluster", "sequence"], name="audit_cluster"),
            models.Index(fields=["verb", "sequence"], name="audit_verb"),
            models.Index(fields=["resource", "sequence"], name="audit_resource"),
            models.Index(fields=["namespace", "sequence"], name="audit_namespace"),
            models.Index(fields=["name", "sequence"], name="audit_object"),
            models.Index(fields=["result", "sequence"], name="audit_result"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.person} {self.verb} {self.target or self.name}"
