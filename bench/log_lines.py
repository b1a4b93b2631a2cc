"""Benchmark of logs: lines a second through Quarterdeck's socket against `kubectl logs -f`, of one pod and of 50."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.figures import Figure, spread
from bench.world import World, run_alone
from tests.controlplane.kubeconfigs import ADMIN
from tests.live.sockets import Sockets, run

LINES = 100_000  # as many as a page holds
PODS = 50
SHARE = 0.7
SECONDS = 240.0  # for one run
NAMESPACE = "team-00"


def measure(world: World) -> Sequence[Figure]:
    """Both read the same lines, one after the other; ours is the socket of the page, each message acknowledged."""
    lines = world.samples(LINES)
    pods = _find_pods(world)
    name = world.product.newcomer()
    base = f"/c/harbour/{NAMESPACE}"
    one_url = f"{base}/pods/{pods[0]['metadata']['name']}/logs?tail={lines}"
    labels = pods[0]["metadata"]["labels"]["app"]
    many = min(PODS, sum(pod["metadata"]["labels"].get("app") == labels for pod in pods))
    share = max(1, lines // many)
    many_url = f"{base}/_logs?selector=app%3D{labels}&tail={share}"
    _write_lines(world, lines)
    one_command = ("logs", pods[0]["metadata"]["name"], f"--tail={lines}")
    many_command = (
        "logs",
        "-l",
        f"app={labels}",
        f"--tail={share}",
        f"--max-log-requests={many}",
        "--prefix",
    )
    return [
        _compare(world, "log lines/s of one pod", name, one_url, one_command, lines),
        _compare(world, f"log lines/s of {many} pods, merged", name, many_url, many_command, share * many),
    ]


def _compare(world: World, title: str, name: str, url: str, command: Sequence[str], lines: int) -> Figure:
    theirs, ours = [], []
    for _ in range(world.samples(3)):
        theirs.append(lines / _time_kubectl(world, command, lines))
        ours.append(lines / _time_socket(world, name, url, lines))
    ratio = sorted(ours)[len(ours) // 2] / sorted(theirs)[len(theirs) // 2]
    return Figure(
        title,
        f">= {SHARE} x",
        f"{ratio:.2f} x: {spread(ours)}",
        ratio >= SHARE,
        reference=f"kubectl logs -f: {spread(theirs)}",
        notes=(
            f"{lines} lines of about 120 bytes, from the start of the program, or of the socket, to the last line.",
            "kubectl writes them as they arrive; ours are in the order of their timestamps.",
        ),
    )


def _find_pods(world: World) -> list[dict[str, Any]]:
    found = json.loads(world.api()("GET", f"/api/v1/namespaces/{NAMESPACE}/pods?limit=500"))["items"]
    first = found[0]["metadata"]["labels"]["app"]
    return sorted(found, key=lambda pod: pod["metadata"]["labels"].get("app") != first)


def _write_lines(world: World, lines: int) -> None:
    """kwok finds the log of every container in this file."""
    start = datetime.now(UTC) - timedelta(hours=1)
    with world.plane.pod_log.open("w") as file:
        for number in range(lines):
            at = start + timedelta(microseconds=100 * number)
            file.write(f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z stdout F {number:08d} line {'x' * 105}\n")


def _time_kubectl(world: World, command: Sequence[str], lines: int) -> float:
    plane = world.plane
    whole = [plane.binaries.kubectl, "--kubeconfig", plane.kubeconfig(ADMIN), "-n", NAMESPACE, *command]
    began, left = time.monotonic(), lines
    with subprocess.Popen([*map(str, whole), "-f"], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        while left > 0 and (part := program.stdout.read1(1 << 20)):
            left -= part.count(b"\n")
        took = time.monotonic() - began
        program.kill()
    assert left <= 0, f"kubectl ended {left} lines early"
    return took


def _time_socket(world: World, name: str, url: str, lines: int) -> float:
    session = world.product.session(name)

    async def read() -> float:
        async with Sockets(world.product) as sockets:
            began, count = time.monotonic(), 0
            opened = await sockets.open(session, url)
            while count < lines:
                count += (await opened.read_html()).count(" line xxx")
            return time.monotonic() - began

    return run(read, SECONDS)


if __name__ == "__main__":
    run_alone(measure)
