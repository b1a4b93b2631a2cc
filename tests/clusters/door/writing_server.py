"""What if many write at once while pages are loaded? A server of ours that, on demand, also writes by itself.

`python -m tests.clusters.door.writing_server PORT` serves, and reads one JSON command a line: `{"names": [...],
"seconds": 60}` has each of these people change ConfigMaps through the door for so long, in a thread each, and prints
what was answered to whom.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()

from daphne.server import Server
from django.db import connections

from clusters.api.errors import ApiError
from clusters.connect import connect
from dashboard.asgi import application
from people.models import User
from tests.clusters.door.kinds import CONFIGMAPS, config_map


def write(name: str, until: float, told: list[list[Any]]) -> None:
    """Make, change and delete, again and again; each answer is told with verb, name and status."""
    desk, number = connect(User.objects.get(username=name), "harbour"), 0
    patch = "application/merge-patch+json"
    while time.monotonic() < until:
        number += 1
        thing = f"load-{name}-{number}"
        where = {"namespace": "shop", "name": thing}
        body = config_map(thing, number=str(number))
        for verb, how in (
            ("create", {"body": body}),
            ("patch", {"body": {"data": {"number": "x"}}, "content_type": patch}),
            ("delete", {}),
        ):
            try:
                told.append([verb, thing, desk.write(verb, CONFIGMAPS, **where, **how).status])
            except ApiError as error:
                told.append([verb, thing, error.status])
    connections.close_all()


def writers(names: list[str], seconds: float) -> list[list[Any]]:
    told: list[list[Any]] = []
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=write, args=(name, until, told)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def obey() -> None:
    for line in sys.stdin:
        print(json.dumps(writers(**json.loads(line))), flush=True)


if __name__ == "__main__":
    threading.Thread(target=obey, daemon=True).start()
    Server(application, endpoints=[f"tcp:port={sys.argv[1]}:interface=127.0.0.1"]).run()
