"""How are simulated clusters tried by hand? `python -m simulator [--world NAME] ...` (see --help)."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from simulator.cluster import Cluster
from simulator.lives.lives import Lives
from simulator.requests.rbac import MASTERS
from simulator.server import Server
from simulator.worlds.files import WorldError
from simulator.worlds.kubeconfigs import Entry, write_kubeconfigs
from simulator.worlds.world import World, build, names


@dataclass(frozen=True)
class Served:
    """One cluster and who comes in: (name, token, what to know of them)."""

    server: Server
    people: list[tuple[str, str, str]]


def main(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    try:
        served = [_served(one) for one in _worlds(asked)] if asked.world else [_empty(asked)]
    except WorldError as error:
        print(error, file=sys.stderr)
        return 2
    if asked.freeze:
        for one in served:
            one.server.cluster.clock.run(0)
    asyncio.run(serve(served, asked.port, asked.kubeconfig))
    return 0


async def serve(served: list[Served], port: int, path: Path) -> None:
    """Until Ctrl-C or SIGTERM; the clusters have ports that follow each other, or free ones (port 0)."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        for position, one in enumerate(served):
            await one.server.start(port + position if port else 0)
        _tell(served, path)
        await ended.wait()
    finally:
        for one in served:
            await one.server.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="Serve simulated clusters on 127.0.0.1, all in one process."
    )
    told = f"a cluster to serve, can be repeated: {', '.join(names())}; default: one empty cluster"
    parser.add_argument("--world", action="append", default=[], metavar="NAME", help=told)
    parser.add_argument(
        "--port", type=int, default=0, help="port of the first cluster, the others follow; 0: any free ports"
    )
    parser.add_argument(
        "--kubeconfig",
        type=Path,
        default=Path("simulator.kubeconfig"),
        help="where to write kubeconfigs: one file (.yaml, .yml, .conf, .kubeconfig), or a folder (a file per user)",
    )
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds per real second")
    parser.add_argument("--freeze", action="store_true", help="freeze the clusters' clocks")
    parser.add_argument("--seed", type=int, default=None, help="makes names repeatable")
    parser.add_argument("--rows", type=int, default=0, help="minimum number of pods in the first world")
    return parser


def _worlds(asked: argparse.Namespace) -> list[World]:
    return [
        build(name, seed=asked.seed, speed=asked.speed, rows=asked.rows if number == 0 else 0)
        for number, name in enumerate(asked.world)
    ]


def _served(world: World) -> Served:
    people = [(one.name, one.token, one.about) for one in world.people.values()]
    return Served(Server(world.cluster, world.lives), people)


def _empty(asked: argparse.Namespace) -> Served:
    cluster = Cluster("simulator", seed=asked.seed)
    cluster.clock.run(asked.speed)
    token = cluster.add_person("admin", (MASTERS,))
    return Served(Server(cluster, Lives(cluster)), [("admin", token, "full access")])


def _tell(served: list[Served], path: Path) -> None:
    entries = [Entry(one.server, name, token) for one in served for name, token, _ in one.people]
    written = write_kubeconfigs(path, entries)
    for one in served:
        cluster = one.server.cluster
        count = cluster.store.count(("", "pods"))
        version = cluster.archive.release["gitVersion"]
        print(f"{cluster.name}: Kubernetes {version} is running at {one.server.url}, {count} pods")
    people = {name: about for one in served for name, _, about in one.people}
    for name, about in people.items():
        print(f"  {name}: {about}")
    if len(written) == 1:
        print(f"kubectl --kubeconfig {written[0]} config get-contexts", flush=True)
    else:
        print(
            f"kubectl --kubeconfig {written[0]} get namespaces; the other users' files are next to it",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
