"""Confirm pages as plain forms: what a browser without JavaScript opens, fills in and sends."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import requests

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer

FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
# What no two objects share, and what only says when and by whom something was written.
INCOMPARABLE = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "managedFields",
    "namespace",
)


class ConfirmPage:
    """One person's confirm page of one action: opened by `open`, sent by `send`."""

    def __init__(self, served: DashboardServer, name: str, path: str) -> None:
        self.client: requests.Session = served.client(name)
        self.url = served.url + path
        self.headers = {"Referer": served.url}
        self.fields: dict[str, str] = {}
        self.answer: requests.Response | None = None

    def open(self) -> requests.Response:
        """The page; its hidden fields are kept for `send`."""
        self.answer = page = self.client.get(self.url)
        self.fields = dict(FIELD.findall(page.text))
        return page

    def send(self, **fields: str) -> requests.Response:
        """The form with these values; redirects are not followed."""
        if not self.fields:
            self.open()
        values = {**self.fields, **fields}
        return self.client.post(self.url, data=values, headers=self.headers, allow_redirects=False)


def send_without_page(served: DashboardServer, name: str, path: str, **fields: str) -> requests.Response:
    """A hand-made POST of somebody who never saw the form: with the CSRF token of another page."""
    page = ConfirmPage(served, name, path)
    token = re.search(
        r'name="csrfmiddlewaretoken" value="([^"]+)"', page.client.get(f"{served.url}/clusters/").text
    )
    assert token is not None
    values = {"csrfmiddlewaretoken": token[1], **fields}
    return page.client.post(page.url, data=values, headers=page.headers, allow_redirects=False)


def read_text(page: requests.Response) -> str:
    """The words of a page, without its tags, on one line."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def get_object(plane: ControlPlane, kind: str, name: str, namespace: str = "") -> dict[str, Any]:
    where = ("-n", namespace) if namespace else ()
    return dict(json.loads(plane.kubectl("get", kind, name, *where, "-o", "json")))


def make_workload(plane: ControlPlane, kind: str, namespace: str, name: str = "web", **spec: Any) -> None:
    """A Deployment, StatefulSet, DaemonSet or ReplicaSet with an init container and two others."""
    plane.create([build_workload(kind, namespace, name, **spec)])


def build_workload(kind: str, namespace: str, name: str = "web", **spec: Any) -> dict[str, Any]:
    pods = {
        "initContainers": [{"name": "migrate", "image": "registry.example/migrate:1"}],
        "containers": [
            {"name": "main", "image": "registry.example/web:1", "env": [{"name": "A", "value": "1"}]},
            {"name": "side", "image": "registry.example/side:1"},
        ],
    }
    whole = {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pods},
        **({} if kind == "DaemonSet" else {"replicas": 1}),
        **({"serviceName": name} if kind == "StatefulSet" else {}),
        **spec,
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": whole}


def make_cron_job(plane: ControlPlane, namespace: str, **spec: Any) -> None:
    """One that never runs by itself, with labels and annotations on its template."""
    template = {
        "metadata": {"labels": {"team": "shop"}, "annotations": {"example.com/why": "nightly"}},
        "spec": {
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "main", "image": "registry.example/report:1"}],
                }
            }
        },
    }
    metadata = {"name": "report", "namespace": namespace}
    whole = {"schedule": "0 0 30 2 *", "jobTemplate": template, **spec}
    plane.create([{"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": whole}])


def exists(plane: ControlPlane, kind: str, name: str, namespace: str) -> bool:
    found = plane.kubectl("get", kind, name, "-n", namespace, "--ignore-not-found", "-o", "name")
    return bool(found.strip())


def drop_incomparable(found: dict[str, Any]) -> dict[str, Any]:
    """The object without what differs between any two of them."""
    metadata = {key: value for key, value in found["metadata"].items() if key not in INCOMPARABLE}
    return {**found, "metadata": metadata}


def list_requests(plane: ControlPlane, name: str, verb: str) -> list[str]:
    """What the API server's own audit log says that this person sent with this verb."""
    return [
        line
        for line in plane.audit_log.read_text().splitlines()
        if f'"username":"{name}"' in line and f'"verb":"{verb}"' in line
    ]
