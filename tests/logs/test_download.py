"""Log downloads: all lines as text and JSON Lines, filtered, harmless to print, and paced by their client."""

from __future__ import annotations

import json
import socket
import time

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.live.pages import make_pod
from tests.live.sockets import COOKIE
from tests.logs.conftest import PodLog

MEBIBYTE = 1024 * 1024


def fetch(served: DashboardServer, name: str, path: str):
    return served.client(name).get(served.url + path)


def test_it_holds_all_lines_that_the_filter_shows(dashboard_server: DashboardServer, pod_log: PodLog) -> None:
    pod_log.write(
        *(f"line {number}" for number in range(3000)), "\x1b[31mred\x1b[0m \x1b]0;title\x07 \u202ex"
    )
    whole = fetch(dashboard_server, "rene", pod_log.url + "?download=text")
    lines = whole.text.splitlines()
    assert len(lines) == 3001
    assert lines[17].endswith(f" {pod_log.name}/main line 17")
    assert not {"\x1b", "\x07", "\u202e"} & set(whole.text)
    assert "red " in lines[-1]
    assert whole.headers["content-disposition"] == f'attachment; filename="{pod_log.name}.log"'
    assert whole.headers["x-content-type-options"] == "nosniff"
    some = fetch(dashboard_server, "rene", pod_log.url + "?download=jsonl&q=line+1%5Cd%24&regex=1")
    found = [json.loads(line) for line in some.text.splitlines()]
    assert [one["text"] for one in found] == [f"line {number}" for number in range(10, 20)]
    assert found[0] | {"time": ""} == {
        "time": "",
        "cluster": "harbour",
        "namespace": "shop",
        "pod": pod_log.name,
        "container": "main",
        "restarts": 0,
        "text": "line 10",
    }


def test_a_wrong_query_is_named(dashboard_server: DashboardServer, pod_log: PodLog) -> None:
    for query, field in (
        ("download=text&q=%28%5B&regex=1", "q: "),
        ("download=pdf", "download: "),
        ("tail=0", "tail: "),
        ("since=soon", "since: "),
        ("level=loud", "level: "),
        ("container=..", "container: "),
    ):
        answer = fetch(dashboard_server, "rene", f"{pod_log.url}?{query}")
        assert answer.status_code == 400, query
        assert field in answer.text, query


def test_who_may_not_read_logs_gets_none(
    dashboard_server: DashboardServer, pod_log: PodLog, controlplane: ControlPlane
) -> None:
    """dana may get pods in one more namespace, and not their logs."""
    controlplane.kubectl("create", "namespace", "no-logs")
    try:
        controlplane.kubectl(
            "create", "role", "pods", "--verb=get,list,watch", "--resource=pods", "-n", "no-logs"
        )
        controlplane.kubectl("create", "rolebinding", "pods", "--role=pods", "--user=dana", "-n", "no-logs")
        make_pod(controlplane, "quiet", "no-logs")
        pod_log.write("not-for-dana")
        path = "/c/harbour/no-logs/pods/quiet/logs"
        for query, status in (("", 200), ("?text=1", 200), ("?download=text", 403)):
            answer = fetch(dashboard_server, "dana", path + query)
            assert answer.status_code == status, query
            assert "You do not have permission to read logs here" in answer.text, query
            assert "not-for-dana" not in answer.text, query
            assert "data-live" not in answer.text, query
            assert fetch(dashboard_server, "stan", path + query).status_code == 404, query
    finally:
        controlplane.kubectl("delete", "namespace", "no-logs", "--wait=false")


def test_a_slow_client_costs_no_memory(dashboard_server: DashboardServer, pod_log: PodLog) -> None:
    """100 MB of lines, of which the client reads a part and then waits."""
    text = "x" * 1000
    for _ in range(10):
        pod_log.write(*([text] * 10_000))
    before = dashboard_server.read_memory()
    host, port = dashboard_server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        session = dashboard_server.session("rene")
        lines = (
            f"GET {pod_log.url}?download=text HTTP/1.1",
            f"Host: {host}:{port}",
            f"Cookie: {COOKIE}={session}",
        )
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        highest, until = 0, time.monotonic() + 6
        while time.monotonic() < until:
            highest = max(highest, dashboard_server.read_memory() - before)
            time.sleep(0.2)
        assert highest < 40 * MEBIBYTE
        received = 0
        while received < 50 * MEBIBYTE:
            received += len(client.recv(MEBIBYTE))
        assert dashboard_server.read_memory() - before < 60 * MEBIBYTE
