"""Django app configuration of the frame package."""

from django.apps import AppConfig


class FrameConfig(AppConfig):
    name = "dashboard.frame"
