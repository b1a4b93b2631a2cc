"""Objects that the contract tests write."""

from __future__ import annotations

import copy
from typing import Any

CONTAINER = {"name": "c", "image": "registry.example/i:1"}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [CONTAINER]}}
NO_NODE = {"no": "such"}  # a nodeSelector: nothing runs, so nothing is there that only one of both makes


def deployment(name: str = "zz", **spec: Any) -> dict[str, Any]:
    """Of no pods."""
    own = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE} | spec
    return thing("apps/v1", "Deployment", name, spec=own)


def pod(name: str = "zz", metadata: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """That no node takes."""
    own = {"nodeSelector": NO_NODE, "containers": [CONTAINER]} | spec
    return thing("v1", "Pod", name, metadata, spec=own)


def config_map(name: str = "zz", metadata: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
    return thing("v1", "ConfigMap", name, metadata, data=data)


def widget(name: str = "zz", metadata: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    return thing("example.com/v1", "Widget", name, metadata, **parts)


def thing(
    api_version: str, kind: str, name: str, metadata: dict[str, Any] | None = None, **parts: Any
) -> dict[str, Any]:
    found = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name} | (metadata or {})} | parts
    return copy.deepcopy(found)


def collection_path(namespace_path: str, api_version: str, plural: str) -> str:
    """The collection in the namespace of that path (/api/v1/namespaces/x)."""
    name = namespace_path.rpartition("/")[2]
    root = "/apis/" if "/" in api_version else "/api/"
    return f"{root}{api_version}/namespaces/{name}/{plural}"
