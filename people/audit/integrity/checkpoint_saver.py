"""Checkpoint saver: a thread that saves where the audit trail ends while it grows.

To the main database every few seconds, to the log and the operator's file at most once a minute, to all at the end.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress

from django.db import DatabaseError, connections

from people.audit import checkpoints
from people.audit.checkpoints import Checkpoint
from people.audit.integrity.start_check import describe_mismatch
from people.audit.routing import ALIAS
from people.audit.writer import Writer
from people.storage import is_connection_lost, try_write

SAVE_INTERVAL = (
    5.0  # seconds between two checkpoints in the main database: rows after the last one could be cut unseen
)
PUBLISH_INTERVAL = 60.0  # seconds between two in the log and the file
STOP_TIMEOUT = 10.0  # seconds in which the last one is saved
log = logging.getLogger(__name__)


class CheckpointSaver:
    """Of one process, whose rows alone it vouches for; it blesses nothing that others have put at the end."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._changed = threading.Event()
        self._is_stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._published_at = 0.0
        self._published: Checkpoint | None = None

    def start(self) -> None:
        self._writer.listeners.add(self._changed.set)
        self._thread = threading.Thread(target=self._run, name="audit-checkpoints", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Save the last one. What is recorded afterwards is vouched for by its key alone."""
        self._writer.listeners.discard(self._changed.set)
        self._is_stopping.set()
        self._changed.set()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT)

    # --- below: in its thread

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            self._changed.wait()
            self._changed.clear()
            self._keep()
            self._is_stopping.wait(SAVE_INTERVAL)
        self._keep()

    def _keep(self) -> None:
        """One that cannot be saved now is saved with the next row, or by the next start."""
        checkpoint = self._writer.last_written
        if checkpoint is None:
            return
        try:
            if self._is_continued():
                try_write(lambda: _save(checkpoint))
                self._publish(checkpoint)
        except DatabaseError:
            log.exception("The checkpoint of the audit trail could not be saved")
        finally:
            for alias in ("default", ALIAS):
                with suppress(DatabaseError):
                    connections[alias].close()

    def _is_continued(self) -> bool:
        """Whether the trail still has the last checkpoint's row: if not, that one has to stay for the next start."""
        try:
            fault = describe_mismatch(checkpoints.read())
        except checkpoints.InvalidCheckpoint as error:
            fault = str(error)
        if fault:
            log.critical("%s The next start will be refused.", fault)
        return not fault

    def _publish(self, checkpoint: Checkpoint) -> None:
        is_due = time.monotonic() - self._published_at >= PUBLISH_INTERVAL or self._is_stopping.is_set()
        if checkpoint != self._published and (is_due or self._published is None):
            self._published, self._published_at = checkpoint, time.monotonic()
            checkpoints.publish(checkpoint)


def _save(checkpoint: Checkpoint) -> None:
    """A connection that was lost meanwhile is made anew once: that is no outage."""
    try:
        checkpoints.save(checkpoint)
    except DatabaseError as error:
        if not is_connection_lost(error):
            raise
        connections["default"].close()
        checkpoints.save(checkpoint)
