"""nginx in front of the processes, with the blocks that docs/deployment.md and docs/replicas.md print."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import requests

from tests.dashboard_server import ROOT, wait_for
from tests.postgresql import find_free_port

BLOCK = re.compile(r"```nginx\n(.*?)```", re.DOTALL)
WHOLE = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {body}
}}
"""


class Nginx:
    """On a loopback port of its own, without TLS: what is tried is where it sends requests."""

    def __init__(self) -> None:
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, folder: Path, ports: Sequence[int]) -> None:
        text = WHOLE.format(folder=folder, body=build_configuration(self.port, ports))
        (folder / "nginx.conf").write_text(text)
        self._process = subprocess.Popen([str(shutil.which("nginx")), "-c", str(folder / "nginx.conf")])
        wait_for(self._is_answering, message="nginx does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def _is_answering(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except requests.RequestException:
            return False


def build_configuration(port: int, ports: Sequence[int]) -> str:
    """The documented server block with the documented upstream; only addresses are others."""
    server = _find_block("deployment.md", "server_name")
    upstream, proxying = _find_block("replicas.md", "upstream quarterdeck").split("# in the location:")
    for number, each in zip((11, 12), ports, strict=True):
        upstream = _replace(upstream, f"10.0.0.{number}:8000", f"127.0.0.1:{each}")
    server = _replace(server, "listen 443 ssl;", f"listen 127.0.0.1:{port};")
    server = re.sub(r"\n *ssl_certificate.*", "", server)
    server = server.replace("$host;", "$http_host;")  # as documented for a port other than 443
    server = re.sub(r" *proxy_read_timeout.*\n", "", server)  # which the other block has too
    return upstream + _replace(server, "proxy_pass http://127.0.0.1:8000;", proxying)


def _find_block(page: str, word: str) -> str:
    found = [one for one in BLOCK.findall((ROOT / "docs" / page).read_text()) if word in one]
    assert len(found) == 1, f"docs/{page} has {len(found)} blocks of nginx with {word}"
    return str(found[0])


def _replace(text: str, old: str, new: str) -> str:
    assert old in text, f"{old} is not in the documented block"
    return text.replace(old, new)
