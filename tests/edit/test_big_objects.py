"""Big objects: a ConfigMap of 1 MiB, a CRD of 3,000 lines and a deep object open in the editor and are saved whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.edit.editor import open_editor

LINES = 16_000  # of 64 bytes, which is the API server's limit of 1 MiB for a ConfigMap without its metadata
FIELDS = 750  # four lines each
DEPTH = 70  # levels; an editor indents 50 of them
GROUP = "deep.example.com"


def build_config_map() -> dict[str, Any]:
    text = "".join(f"line {number:06d} {'x' * 51}\n" for number in range(LINES))
    return {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big", "namespace": "shop"},
        "data": {"text": text, "color": "teal"},
    }  # fmt: skip


def build_crd() -> dict[str, Any]:
    fields = {
        f"field{number:04d}": {"type": "string", "description": f"Field {number}.", "maxLength": number + 1}
        for number in range(FIELDS)
    }
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": fields}, "tree": free},
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "deeps", "singular": "deep", "kind": "Deep", "listKind": "DeepList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"deeps.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }  # fmt: skip


def build_deep() -> dict[str, Any]:
    tree: dict[str, Any] = {"color": "teal"}
    for level in range(DEPTH):
        tree = {f"level{level}": tree}
    metadata = {"name": "deep", "namespace": "shop"}
    return {"apiVersion": f"{GROUP}/v1", "kind": "Deep", "metadata": metadata, "tree": tree}


# the page of each, and what is changed in its text
EDITS = {
    "shop/configmaps/big": ("color: teal", "color: coral"),
    f"_cluster/customresourcedefinitions.apiextensions.k8s.io/deeps.{GROUP}": (
        "description: Field 500.",
        "description: Another field.",
    ),
    f"shop/deeps.{GROUP}/deep": ("teal", "coral"),
}


def create_big_objects(plane: ControlPlane) -> None:
    plane.create([build_config_map(), build_crd()])
    plane.wait_for("Established", "customresourcedefinitions")
    plane.create([build_deep()])


@pytest.fixture
def big(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    create_big_objects(controlplane)
    yield controlplane
    controlplane.kubectl("delete", f"deeps.{GROUP}", "deep", "-n", "shop")
    controlplane.kubectl("delete", "crd", f"deeps.{GROUP}", "--wait=false")
    controlplane.kubectl("delete", "configmap", "big", "-n", "shop")


def test_they_open_and_are_saved_whole(big: ControlPlane, dashboard_server: DashboardServer) -> None:
    def fetch(path: str) -> Any:
        namespace, kind, name = path.split("/")
        where = () if namespace == "_cluster" else ("-n", namespace)
        return json.loads(big.kubectl("get", kind, name, *where, "-o", "json"))

    for path, (old, new) in EDITS.items():
        before = fetch(path)
        page = open_editor(dashboard_server, "ada", f"/c/harbour/{path}")
        assert page.status == 200
        assert page.text.count(old) == 1, path
        reviewed = page.review(page.text.replace(old, new))
        assert reviewed.status == 200, reviewed.html[-2000:]
        assert len(reviewed.html) < 3 * len(page.html) + 100_000, "what is unchanged is folded"
        saved = reviewed.save()
        assert saved.status == 302, saved.html[-2000:]
        after = fetch(path)
        for one in (before, after):
            for key in ("managedFields", "resourceVersion", "generation"):
                one["metadata"].pop(key, None)
            if "spec" in one:
                one.pop("status", None)  # a definition's conditions
        assert json.dumps(before).replace(
            old.partition(": ")[2] or old, new.partition(": ")[2] or new
        ) == json.dumps(after)
