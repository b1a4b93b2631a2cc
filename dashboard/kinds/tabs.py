"""Tabs that several kinds have."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from dashboard.kinds.kind import Tab

LOGS = Tab("logs", gettext_lazy("Logs"))
FILES = Tab("files", gettext_lazy("Files"))  # of pods alone
TERMINAL = Tab("terminal", gettext_lazy("Terminal"))
