"""What is this room called? Shell."""

from django.apps import AppConfig


class ShellConfig(AppConfig):
    name = "dashboard.shell"
