"""kubectl and we agree: an object after our edit equals one after kubectl's, managers and times aside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.edit.editor import open_editor

OBJECTS = {
    "configmaps": """
apiVersion: v1
kind: ConfigMap
metadata: {name: %s, namespace: shop, labels: {a: b}}
data: {color: teal, mode: "0777", text: "a\\n b\\n"}
""",
    "services": """
apiVersion: v1
kind: Service
metadata: {name: %s, namespace: shop}
spec: {clusterIP: None, selector: {app: none}, ports: [{port: 80, name: http}]}
""",
    "deployments.apps": """
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s, namespace: shop}
spec:
  replicas: 0
  selector: {matchLabels: {app: agreed}}
  template:
    metadata: {labels: {app: agreed}}
    spec: {containers: [{name: main, image: "example.com/main:1"}]}
""",
    "widgets.example.com": """
apiVersion: example.com/v1
kind: Widget
metadata: {name: %s, namespace: shop}
spec: {size: 1}
""",
}
EDITS: dict[str, Callable[[str], str]] = {
    "configmaps": lambda text: text.replace("color: teal", "color: no color\n  number: '1'\n  on: x"),
    "services": lambda text: text.replace("port: 80\n", "port: 81\n", 1),
    "deployments.apps": lambda text: text.replace("main:1", "main:2").replace("replicas: 0", "replicas: 0x0"),
    "widgets.example.com": lambda text: text.replace("size: 1", "size: 1_0"),
}
SERVER_SET = ("managedFields", "creationTimestamp", "resourceVersion", "uid", "name")


def fetch(plane: ControlPlane, what: str) -> Any:
    """The object without times, addresses and names that differ by nature."""
    found = json.loads(plane.kubectl("get", what, "-n", "shop", "-o", "json"))
    for key in SERVER_SET:
        found["metadata"].pop(key, None)
    found.pop("status", None)
    found["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    return found


@pytest.mark.parametrize("resource", OBJECTS)
def test_an_edit_of_ours_is_an_edit_of_kubectl(
    controlplane: ControlPlane, dashboard_server: DashboardServer, resource: str
) -> None:
    names = ("agreed-ours", "agreed-theirs")
    for name in names:
        controlplane.kubectl("create", "-f", "-", input=OBJECTS[resource] % name)
    try:
        page = open_editor(dashboard_server, "ada", f"/c/harbour/shop/{resource}/agreed-ours")
        typed = EDITS[resource](page.text)
        assert typed != page.text
        reviewed = page.review(typed)
        assert reviewed.status == 200, reviewed.html
        assert reviewed.save().status == 302
        theirs = typed.replace("agreed-ours", "agreed-theirs")
        controlplane.kubectl("replace", "-f", "-", input=theirs)
        ours = fetch(controlplane, f"{resource}/agreed-ours")
        assert ours == fetch(controlplane, f"{resource}/agreed-theirs")
    finally:
        for name in names:
            controlplane.kubectl("delete", resource, name, "-n", "shop")
