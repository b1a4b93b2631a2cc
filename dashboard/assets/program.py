"""Program assets: this version's style sheets, scripts and icons, read once from its own folders into memory.

A page of production loads one style sheet and one script, whose parts are joined here. Each file has a name that
follows from its content, so that browsers may keep it for ever and versions do not get in each other's way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from django.contrib.staticfiles.finders import get_finders

from dashboard.shell.bundles import BUNDLES

HASH_DIGITS = 12


@dataclass(frozen=True)
class Asset:
    """`name` is what templates write, `shell/all.css`; `hashed_name` what pages load, `shell/all.0123456789ab.css`."""

    name: str
    hashed_name: str
    content: bytes


@cache
def load_assets() -> Mapping[str, Asset]:
    """All of them by name, bundles included."""
    files = dict(_read_files())
    for name, parts in BUNDLES.items():
        files[name] = b"\n".join(files[part] for part in parts)
    return {name: Asset(name, _add_hash(name, content), content) for name, content in sorted(files.items())}


def _read_files() -> Iterator[tuple[str, bytes]]:
    """Where two folders have a file of the same name, the first one counts, as everywhere in Django."""
    seen: set[str] = set()
    for finder in get_finders():
        for name, storage in finder.list(None):
            if name not in seen:
                seen.add(name)
                with storage.open(name) as file:
                    yield name, bytes(file.read())


def _add_hash(name: str, content: bytes) -> str:
    path = PurePosixPath(name)
    digest = hashlib.sha256(content).hexdigest()[:HASH_DIGITS]
    return str(path.with_name(f"{path.stem}.{digest}{path.suffix}"))
