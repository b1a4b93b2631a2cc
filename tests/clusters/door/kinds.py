"""Which kinds do the tests of the door write, and what?"""

from __future__ import annotations

from typing import Any

from clusters.discovery import Resource

EVERY = frozenset({"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"})
CONFIGMAPS = Resource("", "v1", "configmaps", "ConfigMap", True, EVERY, preferred=True)
PODS = Resource("", "v1", "pods", "Pod", True, EVERY, preferred=True)
NODES = Resource("", "v1", "nodes", "Node", False, EVERY, preferred=True)


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
