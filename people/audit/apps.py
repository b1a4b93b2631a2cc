"""What is this room called? Audit."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from people.audit.checks import guards_are_there


class AuditConfig(AppConfig):
    name = "people.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(guards_are_there, Tags.database)
