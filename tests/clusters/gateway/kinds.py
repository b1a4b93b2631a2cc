"""Kinds and objects that the gateway tests write."""

from __future__ import annotations

from typing import Any

from clusters.discovery import Resource

ALL_VERBS = frozenset({"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"})
CONFIGMAPS = Resource("", "v1", "configmaps", "ConfigMap", True, ALL_VERBS, preferred=True)
PODS = Resource("", "v1", "pods", "Pod", True, ALL_VERBS, preferred=True)
NODES = Resource("", "v1", "nodes", "Node", False, ALL_VERBS, preferred=True)


def build_config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
