"""Static files storage of production: names with the hash of what they contain, of files in memory."""

from __future__ import annotations

from urllib.parse import urldefrag

from django.contrib.staticfiles.storage import StaticFilesStorage

from dashboard.assets.program import load_assets


class AssetStorage(StaticFilesStorage):
    """Nothing is collected: the files are those of the program itself."""

    def url(self, name: str | None) -> str:
        """ValueError for a file that there is not, as in a template with a typing error."""
        path, fragment = urldefrag(name or "")
        asset = load_assets().get(path)
        if asset is None:
            raise ValueError(f"There is no static file {path!r}.")
        return super().url(asset.hashed_name) + (f"#{fragment}" if fragment else "")
