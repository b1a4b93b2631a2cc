"""Contract of pods/log: lines, options and errors."""

from __future__ import annotations

import http.client
import threading
from contextlib import closing
from itertools import islice
from urllib.parse import urlsplit

import pytest

from tests.contract.bodies import pod
from tests.contract.both import compare
from tests.contract.contenders import KUBERNETES, SIMULATOR
from tests.contract.pods import run_pod
from tests.dashboard_server import wait_for


@pytest.fixture(scope="module")
def pods(own_namespace, contenders):
    """`one`, `two` with two containers, and `homeless` that no node takes, in both."""
    for contender in contenders.values():
        run_pod(contender, own_namespace, "one")
        run_pod(contender, own_namespace, "two", "c", "d")
        contender.admin.post(f"{own_namespace}/pods", pod("homeless"))
    return f"{own_namespace}/pods"


READABLE_PATHS = [
    "one/log", "one/log?tailLines=2", "one/log?tailLines=0", "one/log?limitBytes=20", "one/log?timestamps=true",
    "one/log?container=c&tailLines=1", "two/log?container=d&tailLines=1", "one/log?sinceSeconds=5",
    "one/log?sinceTime=2026-01-01T00:00:03Z", "one/log?sinceTime=2026-01-01T00:00:02.9Z&timestamps=1",
    "one/log?tailLines=3&sinceTime=2026-01-01T00:00:04Z", "one/log?insecureSkipTLSVerifyBackend=true&tailLines=1",
    "one/log?follow=false&tailLines=1", "one/log?tailLines=2&limitBytes=3&timestamps=true",
]  # fmt: skip


@pytest.mark.parametrize("path", READABLE_PATHS)
def test_what_is_readable(both, pods, path):
    both.same_request("GET", f"{pods}/{path}", accept="*/*")


REJECTED_PATHS = [
    "nope/log", "two/log", "one/log?container=nope", "homeless/log", "homeless/log?container=nope",
    "one/log?tailLines=-1", "one/log?tailLines=a", "one/log?limitBytes=0", "one/log?limitBytes=-1",
    "one/log?sinceSeconds=0", "one/log?sinceSeconds=-5", "one/log?sinceSeconds=a", "one/log?sinceTime=yesterday",
    "one/log?sinceTime=2026-01-01", "one/log?sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z",
    "one/log?stream=Stdout", "one/log?tailLines=-1&limitBytes=0", "nope/log?tailLines=-1",
]  # fmt: skip


@pytest.mark.parametrize("path", REJECTED_PATHS)
def test_what_is_rejected(both, pods, path):
    both.same_request("GET", f"{pods}/{path}")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_log_is_only_read(both, pods, method):
    both.same_request(method, f"{pods}/one/log")


@pytest.mark.parametrize("person", ["stan", "rene", "dana"])
def test_who_is_not_allowed_to_read_it(both, pods, person):
    both.same_request("GET", f"{pods}/one/log", person=person)


def test_a_followed_log_goes_on(contenders, controlplane, pods):
    """The real one's containers all write what is appended to that file; the simulator's read the same one."""
    found = {name: [] for name in contenders}
    for name, contender in contenders.items():
        path = f"{pods}/one/log?follow=true&tailLines=1"
        threading.Thread(target=_follow, args=(contender.admin, path, found[name]), daemon=True).start()
    wait_for(lambda: all(found.values()))
    with controlplane.pod_log.open("a") as log:
        log.write("2026-01-01T00:00:09.000000000Z stdout F appended\n")
    try:
        wait_for(lambda: all(len(lines) == 2 for lines in found.values()))
    finally:
        complete_lines = controlplane.pod_log.read_text().splitlines(keepends=True)[:-1]
        controlplane.pod_log.write_text("".join(complete_lines))
    compare(found[SIMULATOR], found[KUBERNETES])


def _follow(caller, path, lines):
    """Two lines, by its certificate: the admin has no token."""
    parts = urlsplit(caller.server)
    connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=30, context=caller.context)
    connection.request("GET", path)
    with closing(connection):
        for line in islice(connection.getresponse(), 2):
            lines.append(line.decode())
