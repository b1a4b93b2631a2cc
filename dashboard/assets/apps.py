"""App configuration: static files in production."""

from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "dashboard.assets"
    default_auto_field = "django.db.models.BigAutoField"
