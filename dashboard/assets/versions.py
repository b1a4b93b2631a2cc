"""Other versions: their files, which their pages load from whichever process the proxy chooses.

During a rolling upgrade a page of the new version may load its style sheet from a process of the old one, and the other
way round. So each process writes its files to the database when it starts, and looks there for what it does not have.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

from channels.db import database_sync_to_async
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from dashboard.assets.models import SharedAsset
from dashboard.assets.program import Asset, load_assets

KEPT_STARTS = 5  # versions whose files are kept: this one and those that started last
RELOAD = 1.0  # seconds between two queries, however many unknown files are asked for
log = logging.getLogger(__name__)


def share_assets() -> None:
    """Write this version's files to the database, for the others; without them it serves its own pages well enough."""
    try:
        _share_assets()
    except DatabaseError as error:
        log.error("The static files of this version cannot be written to the database: %s", error)


def _share_assets() -> None:
    """Beside them stay those of the versions that started last."""
    now = timezone.now()
    rows = [
        SharedAsset(
            hashed_name=one.hashed_name,
            content=one.content,
            signature=_sign(one.hashed_name, one.content),
            started_at=now,
        )
        for one in load_assets().values()
    ]
    with transaction.atomic():
        SharedAsset.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["hashed_name"],
            update_fields=["content", "signature", "started_at"],
        )
        starts = SharedAsset.objects.order_by("-started_at").values_list("started_at", flat=True).distinct()
        kept = list(starts[:KEPT_STARTS])
        SharedAsset.objects.filter(started_at__lt=kept[-1]).delete()


class OtherVersions:
    """The files of other versions, looked up when one is asked for that this version does not have."""

    def __init__(self, *, reload: float = RELOAD) -> None:
        self._reload = reload
        self._files: dict[str, Asset] = {}
        self._loaded_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, hashed_name: str) -> Asset | None:
        """None where no version has it, and where the database cannot be read."""
        async with self._lock:
            if hashed_name not in self._files and time.monotonic() - self._loaded_at >= self._reload:
                self._loaded_at = time.monotonic()
                await self._load()
        return self._files.get(hashed_name)

    async def _load(self) -> None:
        try:
            self._files = await database_sync_to_async(_load_others)(self._files)
        except DatabaseError as error:
            log.warning("The static files of other versions cannot be read: %s", error)


def _load_others(known: Mapping[str, Asset]) -> dict[str, Asset]:
    """What the table has beside this version's own; the content only of what is not known yet."""
    own = {one.hashed_name for one in load_assets().values()}
    names = set(SharedAsset.objects.values_list("hashed_name", flat=True)) - own
    found = {name: asset for name, asset in known.items() if name in names}
    for row in SharedAsset.objects.filter(hashed_name__in=names - set(found)):
        content = bytes(row.content)
        if constant_time_compare(row.signature, _sign(row.hashed_name, content)):
            found[row.hashed_name] = Asset(row.hashed_name, row.hashed_name, content)
        else:
            log.error(
                "The static file %s in the database was not written by this installation", row.hashed_name
            )
    return found


def _sign(hashed_name: str, content: bytes) -> str:
    """By QUARTERDECK_SECRET_KEY: whoever can write to the database alone cannot give a script to a page."""
    value = hashed_name.encode() + b"\0" + content
    return salted_hmac("dashboard.assets", value, algorithm="sha256").hexdigest()
