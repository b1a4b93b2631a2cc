"""HTTP client of the capture: a real API server by a kubeconfig's client certificate or token."""

import base64
import ssl
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

JSON = "application/json"
SECONDS = 60.0


@dataclass(frozen=True, repr=False)
class Source:
    """One API server, spoken to as one of system:masters."""

    server: str
    context: ssl.SSLContext
    token: str = ""

    @classmethod
    def from_kubeconfig(cls, kubeconfig: Path) -> "Source":
        """Raises KeyError where the file is no kubeconfig with everything inline."""
        config = yaml.load(kubeconfig.read_text(), Loader=yaml.CSafeLoader)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        if "client-certificate-data" in user:
            _load_pair(context, user)
        return cls(cluster["server"], context, user.get("token", ""))

    def raw(self, path: str, accept: str = JSON) -> bytes:
        """The body of a GET; raises urllib.error.HTTPError."""
        headers = {"Accept": accept, "User-Agent": "quarterdeck-capture"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.server + path, headers=headers)  # noqa: S310 - https of a kubeconfig
        https = urllib.request.HTTPSHandler(context=self.context)
        opener = urllib.request.build_opener(https, urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=SECONDS) as answer:
            body: bytes = answer.read()
        return body

    def json(self, path: str, accept: str = JSON) -> Any:
        """The body decoded: whatever JSON is there."""
        return msgspec.json.decode(self.raw(path, accept))


def _load_pair(context: ssl.SSLContext, user: dict[str, str]) -> None:
    """Python loads a client certificate from files only."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.pem"
        path.touch(mode=0o600)
        parts = (user["client-certificate-data"], user["client-key-data"])
        path.write_bytes(b"\n".join(base64.b64decode(part) for part in parts))
        context.load_cert_chain(path)
