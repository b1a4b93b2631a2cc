"""Admission webhooks: a small HTTPS server that refuses, warns and changes, and its registration at a control plane."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.controlplane.certificates import Authority
from tests.controlplane.controlplane import ControlPlane

LABEL = "admission"  # objects with it go through the webhooks
REFUSED = "refuse"  # an annotation
DENIAL = "port 80 is <b>not</b> for “us”: see https://wiki.example.com/ports"
WARNING = "this field is deprecated: use <em>another</em>"
STAMP = {"op": "add", "path": "/metadata/labels/stamped", "value": "by-webhook"}
GROUP = "admissionregistration.k8s.io"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps({**body, "response": self._respond(body["request"])}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _respond(self, request: dict[str, Any]) -> dict[str, Any]:
        response: dict[str, Any] = {"uid": request["uid"], "allowed": True}
        if self.path.startswith("/change"):
            patch = base64.b64encode(json.dumps([STAMP]).encode()).decode()
            return {**response, "patchType": "JSONPatch", "patch": patch}
        if REFUSED in (request["object"]["metadata"].get("annotations") or {}):
            return {**response, "allowed": False, "status": {"code": 403, "message": DENIAL}}
        return {**response, "warnings": [WARNING]}

    def log_message(self, *_words: Any) -> None:
        """Nothing: the tests read no log of it."""


@contextmanager
def admission_webhooks(plane: ControlPlane, folder: Path) -> Iterator[None]:
    """One that changes and one that refuses or warns, for objects with the label, while the block runs."""
    authority = Authority("admission")
    certificate, key = authority.server().write(folder, "admission")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"https://127.0.0.1:{server.server_address[1]}"
    objects = [
        _build("MutatingWebhookConfiguration", f"{url}/change", authority.pem),
        _build("ValidatingWebhookConfiguration", f"{url}/check", authority.pem),
    ]
    try:
        plane.create(objects)
        yield
    finally:
        for one in objects:
            plane.kubectl("delete", one["kind"], one["metadata"]["name"], "--ignore-not-found")
        server.shutdown()
        server.server_close()
        thread.join(10)


def _build(kind: str, url: str, authority: str) -> dict[str, Any]:
    webhook = {
        "name": f"{kind.removesuffix('WebhookConfiguration').lower()}.example.com",
        "clientConfig": {"url": url, "caBundle": base64.b64encode(authority.encode()).decode()},
        "rules": [
            {
                "apiGroups": ["", "apps"],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["configmaps", "deployments"],
            }
        ],
        "objectSelector": {"matchExpressions": [{"key": LABEL, "operator": "Exists"}]},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 5,
    }
    name = {"name": webhook["name"]}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": name, "webhooks": [webhook]}
