"""Static bundles: style sheets and scripts joined into one file each by collectstatic.

A page loads one style sheet, that of its package, and one script. The files stay what is written, read and tested; in
production `collectstatic` joins them, in development each is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.templatetags.static import static
from whitenoise.storage import CompressedManifestStaticFilesStorage

FRAME = ("shell/tokens.css", "shell/base.css", "shell/frame.css", "shell/parts.css", "shell/tables.css")
# The name of the whole -> its parts, in their order; none of them names another file.
BUNDLES: Mapping[str, Sequence[str]] = {
    "shell/all.css": FRAME,
    "overview/all.css": (*FRAME, "overview/overview.css"),
    "audit/all.css": (*FRAME, "audit/audit.css"),
    "frame/all.css": (*FRAME, "frame/resources.css"),
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
    "edit/editor-all.js": (
        "vendor/codemirror-6.43.15.min.js",
        "edit/yaml_outline.js",
        "edit/schema.js",
        "edit/schema_help.js",
        "edit/schema_check.js",
        "edit/editor.js",
    ),
}


def bundle_urls(name: str) -> list[str]:
    """Where a page finds this bundle: one file, or in development its parts."""
    return [static(each) for each in ((name,) if settings.PRODUCTION else BUNDLES[name])]


class BundlingStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # whitenoise has no types
    """Joins the parts before all files get their hashed names and compressed forms."""

    def post_process(
        self, paths: dict[str, tuple[Any, str]], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        if not dry_run:
            for name, parts in BUNDLES.items():
                self.delete(name)
                self.save(name, ContentFile("\n".join(self._text(part) for part in parts)))
                paths[name] = (self, name)
        yield from super().post_process(paths, dry_run, **options)

    def _text(self, part: str) -> str:
        with self.open(part) as file:
            return bytes(file.read()).decode()
