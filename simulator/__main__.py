"""Command line of the simulator: `python -m simulator [--world NAME] ...` serves clusters (see --help)."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from simulator.cluster import Cluster
from simulator.requests.rbac import MASTERS
from simulator.runtime.cluster_runtime import ClusterRuntime
from simulator.server import Server
from simulator.worlds.files import WorldError
from simulator.worlds.kubeconfigs import Entry, write_kubeconfigs
from simulator.worlds.world import World, build, list_names


@dataclass(frozen=True)
class ServedCluster:
    """One cluster and who comes in: (name, token, what to know of them)."""

    server: Server
    people: list[tuple[str, str, str]]


def main(arguments: list[str]) -> int:
    parsed = _build_parser().parse_args(arguments)
    try:
        served = (
            [_make_served_cluster(one) for one in _build_worlds(parsed)]
            if parsed.world
            else [_make_empty_cluster(parsed)]
        )
    except WorldError as error:
        print(error, file=sys.stderr)
        return 2
    if parsed.freeze:
        for one in served:
            one.server.cluster.clock.run(0)
    asyncio.run(serve(served, parsed.port, parsed.kubeconfig))
    return 0


async def serve(clusters: list[ServedCluster], port: int, path: Path) -> None:
    """Until Ctrl-C or SIGTERM; the clusters have ports that follow each other, or free ones (port 0)."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        for position, one in enumerate(clusters):
            await one.server.start(port + position if port else 0)
        _print_summary(clusters, path)
        await stopped.wait()
    finally:
        for one in clusters:
            await one.server.stop()


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="Serve simulated clusters on 127.0.0.1, all in one process."
    )
    help_text = f"a cluster to serve, can be repeated: {', '.join(list_names())}; default: one empty cluster"
    parser.add_argument("--world", action="append", default=[], metavar="NAME", help=help_text)
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


def _build_worlds(options: argparse.Namespace) -> list[World]:
    return [
        build(name, seed=options.seed, speed=options.speed, rows=options.rows if number == 0 else 0)
        for number, name in enumerate(options.world)
    ]


def _make_served_cluster(world: World) -> ServedCluster:
    people = [(one.name, one.token, one.about) for one in world.people.values()]
    return ServedCluster(Server(world.cluster, world.runtime), people)


def _make_empty_cluster(options: argparse.Namespace) -> ServedCluster:
    cluster = Cluster("simulator", seed=options.seed)
    cluster.clock.run(options.speed)
    token = cluster.add_person("admin", (MASTERS,))
    return ServedCluster(Server(cluster, ClusterRuntime(cluster)), [("admin", token, "full access")])


def _print_summary(clusters: list[ServedCluster], path: Path) -> None:
    entries = [Entry(one.server, name, token) for one in clusters for name, token, _ in one.people]
    written = write_kubeconfigs(path, entries)
    for one in clusters:
        cluster = one.server.cluster
        count = cluster.store.count(("", "pods"))
        version = cluster.archive.release["gitVersion"]
        print(f"{cluster.name}: Kubernetes {version} is running at {one.server.url}, {count} pods")
    people = {name: about for one in clusters for name, _, about in one.people}
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
