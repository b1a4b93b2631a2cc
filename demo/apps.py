"""What is the demo called among Django's parts?"""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"
