"""How is a simulated cluster tried by hand? `python -m simulator [--port N] [--person NAME] ...` (see --help)."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from simulator.cluster import Cluster
from simulator.requests.rbac import MASTERS
from simulator.server import Server, kubeconfig


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="Serve one simulated, empty cluster."
    )
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 is a free one")
    parser.add_argument(
        "--kubeconfig", type=Path, default=Path("simulator.kubeconfig"), help="is written; admin"
    )
    asked = parser.parse_args(arguments)
    asyncio.run(serve(asked.port, asked.kubeconfig))
    return 0


async def serve(port: int, path: Path) -> None:
    """Until Ctrl-C or SIGTERM."""
    cluster = Cluster("simulator")
    server = Server(cluster)
    await server.start(port)
    write_private(path, kubeconfig(server, cluster.add_person("admin", (MASTERS,))))
    print(
        f"Kubernetes {cluster.archive.release['gitVersion']} answers at {server.url}; kubectl --kubeconfig {path}",
        flush=True,
    )
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await server.stop()


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
