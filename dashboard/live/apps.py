"""What is this room called? Live."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "dashboard.live"
