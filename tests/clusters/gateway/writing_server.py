"""Writing server: a dashboard process that also writes to the cluster on command.

`python -m tests.clusters.gateway.writing_server PORT` serves, and reads one JSON command a line: `{"names": [...],
"seconds": 60}` has each of these users change ConfigMaps through a ClusterSession for so long, in a thread each, and
prints what was answered to whom.
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
from clusters.gateway.connect import connect
from dashboard.asgi import application
from people.models import User
from tests.clusters.gateway.kinds import CONFIGMAPS, build_config_map


def write_in_loop(name: str, until: float, answers: list[list[Any]]) -> None:
    """Make, change and delete, again and again; each response is listed with verb, name and status."""
    session, number = connect(User.objects.get(username=name), "harbour"), 0
    patch = "application/merge-patch+json"
    while time.monotonic() < until:
        number += 1
        thing = f"load-{name}-{number}"
        body = build_config_map(thing, number=str(number))
        for verb, how in (
            ("create", {"body": body}),
            ("patch", {"body": {"data": {"number": "x"}}, "content_type": patch}),
            ("delete", {}),
        ):
            try:
                answers.append(
                    [verb, thing, session.write(CONFIGMAPS.attributes(verb, "shop", thing), **how).status]
                )
            except ApiError as error:
                answers.append([verb, thing, error.status])
    connections.close_all()


def run_writers(names: list[str], seconds: float) -> list[list[Any]]:
    answers: list[list[Any]] = []
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=write_in_loop, args=(name, until, answers)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def run_commands() -> None:
    for line in sys.stdin:
        print(json.dumps(run_writers(**json.loads(line))), flush=True)


if __name__ == "__main__":
    threading.Thread(target=run_commands, daemon=True).start()
    Server(application, endpoints=[f"tcp:port={sys.argv[1]}:interface=127.0.0.1"]).run()
