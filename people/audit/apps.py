"""App configuration: audit trail."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from people.audit.checks import check_triggers


class AuditConfig(AppConfig):
    name = "people.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(check_triggers, Tags.database)
