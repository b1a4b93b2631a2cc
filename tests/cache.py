"""Files that runs of the tests leave for later ones, in the user's cache folder, outside the checkout."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "quarterdeck"


def read(name: str) -> dict[str, Any]:
    """An empty one where there is none, or none that can be read."""
    try:
        found = json.loads((cache_folder() / name).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def update(name: str, key: str, value: Any) -> None:
    kept = read(name) | {key: value}
    cache_folder().mkdir(parents=True, exist_ok=True)
    (cache_folder() / name).write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
