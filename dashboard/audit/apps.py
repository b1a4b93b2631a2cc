"""Django application: the pages of the audit trail."""

from django.apps import AppConfig


class AuditPagesConfig(AppConfig):
    name = "dashboard.audit"
    label = "audit_pages"
