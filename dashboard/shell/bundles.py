"""Static bundles: style sheets and scripts joined into one file each.

A page loads one style sheet, that of its package, and one script. The files stay what is written, read and tested; in
production `dashboard.assets` joins them, in development each is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.templatetags.static import static

FRAME = ("shell/tokens.css", "shell/base.css", "shell/frame.css", "shell/parts.css", "shell/tables.css")
# The name of the whole -> its parts, in their order; none of them names another file.
BUNDLES: Mapping[str, Sequence[str]] = {
    "shell/all.css": FRAME,
    "overview/all.css": (*FRAME, "overview/overview.css"),
    "audit/all.css": (*FRAME, "audit/audit.css"),
    "frame/all.css": (*FRAME, "frame/resources.css"),
    "actions/all.css": (*FRAME, "frame/resources.css", "actions/actions.css"),
    "drains/all.css": (*FRAME, "frame/resources.css", "actions/actions.css", "drains/drains.css"),
    "lists/all.css": (*FRAME, "frame/resources.css", "lists/selection.css"),
    "bulk/all.css": (*FRAME, "frame/resources.css", "actions/actions.css", "bulk/bulk.css"),
    "files/all.css": (*FRAME, "frame/resources.css", "files/files.css"),
    "logs/all.css": (*FRAME, "frame/resources.css", "logs/logs.css"),
    "terminal/all.css": (*FRAME, "frame/resources.css", "vendor/xterm-6.0.0.css", "terminal/terminal.css"),
    "rollouts/all.css": (*FRAME, "frame/resources.css", "rollouts/rollouts.css"),
    "edit/all.css": (*FRAME, "frame/resources.css", "edit/edit.css"),
    "create/all.css": (*FRAME, "frame/resources.css", "edit/edit.css", "create/create.css"),
    "shell/all.js": (
        "vendor/htmx-4.0.1.min.js",
        "shell/keyboard.js",
        "shell/copy.js",
        "shell/times.js",
        "shell/menus.js",
        "shell/theme.js",
        "shell/session.js",
        "live/live.js",
        "shell/again.js",
    ),
    "lists/all.js": ("lists/selection.js",),
    "logs/logs-all.js": (
        "logs/text.js",
        "logs/filter.js",
        "logs/store.js",
        "logs/list.js",
        "logs/columns.js",
        "logs/page.js",
    ),
    "terminal/terminal-all.js": (
        "vendor/xterm-6.0.0.min.js",
        "terminal/screen.js",
        "terminal/terminal.js",
    ),
    "edit/editor-all.js": (
        "vendor/codemirror-6.43.15.min.js",
        "edit/yaml_outline.js",
        "edit/schema.js",
        "edit/schema_help.js",
        "edit/schema_check.js",
        "edit/editor.js",
        "edit/drafts.js",
    ),
}


def bundle_urls(name: str) -> list[str]:
    """Where a page finds this bundle: one file, or in development its parts."""
    return [static(each) for each in ((name,) if settings.PRODUCTION else BUNDLES[name])]
