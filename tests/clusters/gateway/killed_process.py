"""Process that is killed while it writes; its parent verifies the audit trail after each kill.

`python -m tests.clusters.gateway.killed_process` reads a line of JSON (`{"kills": 100, "server": ..., "ca": ...,
"token": ...}`) and prints one for each kill: what was answered before it, and what the audit trail says after it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()

from django.core.management import call_command
from django.db import connections

from clusters.api.errors import ApiError
from clusters.gateway.connect import connect
from people.audit.models import AuditEntry, Phase
from people.audit.verifying import verify
from people.audit.writer import writer
from people.models import User
from tests import database_fixtures
from tests.clusters.gateway.kinds import CONFIGMAPS, build_config_map

THREADS = 4
LABEL = {"door": "killed"}
ANSWERS_BEFORE_KILL = 8  # answers after which the child is killed, at most
KILL_DELAY = 0.03  # seconds after that, at most


def write_until_killed(number: int, pipe: int) -> None:
    """Writes in several threads until it is killed; each response is reported when it is there."""

    def write(thread: int) -> None:
        session, count = connect(User.objects.get(username="ada"), "harbour"), 0
        while True:
            count += 1
            body = build_config_map(f"killed-{number}-{thread}-{count}")
            body["metadata"]["labels"] = LABEL
            try:
                session.write(CONFIGMAPS.attributes("create", "shop"), body=body)
            except ApiError as error:
                os.write(pipe, f"! {error}\n".encode())
                return
            os.write(pipe, f"{body['metadata']['name']}\n".encode())

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run_killed_child(number: int) -> list[str]:
    """What a child was answered until it was killed, at a moment that nobody chose."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        write_until_killed(number, writing)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answers:
        wanted = random.randint(1, ANSWERS_BEFORE_KILL)
        found = [answers.readline() for _ in range(wanted)]
        time.sleep(random.uniform(0, KILL_DELAY))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        found += answers.readlines()
    return [line.rstrip("\n") for line in found if line.endswith("\n")]


def run_once(number: int) -> dict[str, Any]:
    """One child, and what the audit trail says of it: the requests without a result, and those with one."""
    writer.stop()  # nothing of this process may be open while it forks
    connections.close_all()
    answered = run_killed_child(number)
    verdict = verify()
    mine = AuditEntry.objects.filter(name__startswith=f"killed-{number}-")
    finished = dict(mine.filter(phase=Phase.RESULT).values_list("request", "name"))
    begun = dict(mine.filter(phase=Phase.REQUEST).values_list("sequence", "name"))
    return {
        "answered": answered,
        "wrong": verdict.first_break.message if verdict.first_break else "",
        "rows": verdict.rows,
        "finished": sorted(finished.values()),
        "open": sorted(name for sequence, name in begun.items() if sequence not in finished),
        "strays": sorted(set(finished) - set(begun)),
    }


def prepare(server: str, ca: str, token: str) -> None:
    call_command("migrate", verbosity=0)
    database_fixtures.create_users()
    database_fixtures.create_cluster("harbour", server, ca)
    database_fixtures.store_credential("ada", "harbour", database_fixtures.Keys(token=token))


if __name__ == "__main__":
    options = json.loads(sys.stdin.readline())
    prepare(options["server"], options["ca"], options["token"])
    for each in range(options["kills"]):
        print(json.dumps(run_once(each)), flush=True)
