"""Simulated clusters of the demo: three worlds in one process (`python -m demo.clusters`).

It says one line of JSON on its standard output when they can be reached (a list of `SimulatedCluster`), and ends when
its standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from demo.users import ADMINISTRATOR, CLUSTERS
from simulator.server import Server
from simulator.worlds.kubeconfigs import Entry, write_kubeconfigs
from simulator.worlds.world import World, build


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.clusters", description="Serve the demo's clusters.")
    parser.add_argument(
        "--kubeconfig", type=Path, required=True, help="path to write the administrator's kubeconfig to"
    )
    parser.add_argument("--seed", type=int, default=None, help="repeatable names and events")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="simulated seconds per real second; 0 freezes time"
    )
    parser.add_argument("--pods", type=int, default=0, help="minimum number of pods per cluster")
    options = parser.parse_args(arguments)
    worlds = [
        build(cluster.slug, seed=options.seed, speed=options.speed, rows=options.pods) for cluster in CLUSTERS
    ]
    asyncio.run(serve(worlds, options.kubeconfig))
    return 0


async def serve(worlds: list[World], kubeconfig: Path) -> None:
    """Until SIGTERM, or until whoever started this process is gone."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    threading.Thread(target=_wait_for_end, args=(loop, stopped), daemon=True).start()
    servers = [Server(world.cluster, world.runtime) for world in worlds]
    for server in servers:
        await server.start()
    administrator = ADMINISTRATOR.name
    entries = [
        Entry(server, administrator, world.people[administrator].token)
        for server, world in zip(servers, worlds, strict=True)
    ]
    write_kubeconfigs(kubeconfig, entries)
    print(json.dumps([_describe_cluster(*pair) for pair in zip(servers, worlds, strict=True)]), flush=True)
    await stopped.wait()
    for server in servers:
        await server.stop()


def _describe_cluster(server: Server, world: World) -> dict[str, Any]:
    """As `demo.fixtures.SimulatedCluster` reads it."""
    return {
        "slug": world.name,
        "server": server.url,
        "ca": world.cluster.authority.pem,
        "tokens": {name: one.token for name, one in world.people.items()},
    }


def _wait_for_end(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    sys.stdin.read()
    loop.call_soon_threadsafe(stopped.set)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
