"""What is this room called? Resources."""

from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "dashboard.resources"
