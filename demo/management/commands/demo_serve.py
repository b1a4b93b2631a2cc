"""Management command `demo_serve`: loads the demo fixtures, then serves the dashboard.

It is given the simulated clusters as one line of JSON on its standard input, and ends when that does.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from demo.fixtures import FixtureError, SimulatedCluster, set_up
from demo.safety import parse_listen_address


class Command(BaseCommand):
    help = "Serve the demo's dashboard; `make demo` starts this."

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
        orphaned = threading.Event()
        try:
            self._serve(orphaned)
        finally:
            if orphaned.is_set():  # nobody else is there who could
                shutil.rmtree(Path(settings.DATA_DIR).parent, ignore_errors=True)

    def _serve(self, orphaned: threading.Event) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        line = sys.stdin.readline()
        if not line:
            orphaned.set()
            return
        threading.Thread(target=_end_with_input, args=(orphaned,), daemon=True).start()
        try:
            set_up([SimulatedCluster(**one) for one in json.loads(line)])
        except FixtureError as error:
            raise CommandError(str(error)) from error
        address, port = parse_listen_address(os.environ)
        call_command("serve", address=address, port=port, no_prepare=True)


def _end_with_input(orphaned: threading.Event) -> None:
    """Whoever started this process is gone, however that came about."""
    sys.stdin.read()
    orphaned.set()
    os.kill(os.getpid(), signal.SIGTERM)
