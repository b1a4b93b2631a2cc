"""Which container of a pod is meant, and does a node run the pod? As the API server asks before it calls a kubelet."""

from __future__ import annotations

from simulator.requests.statuses import Refusal, bad_request
from simulator.schemas.resources import Object

NODES = ("", "nodes")
KINDS = ("initContainers", "containers", "ephemeralContainers")


def container_of(pod: Object, asked: str) -> str:
    """The one that was asked for, else the only one; raises 400 (pkg/registry/core/pod: validateContainer)."""
    name, spec = pod["metadata"]["name"], pod.get("spec") or {}
    names = [str(one["name"]) for kind in KINDS for one in spec.get(kind) or ()]
    if asked:
        if asked not in names:
            raise bad_request(f"container {asked} is not valid for pod {name}")
        return asked
    own = spec.get("containers") or []
    if len(own) != 1:
        chosen = f", choose one of: [{' '.join(names)}]" if own else ""
        raise bad_request(f"a container name must be specified for pod {name}{chosen}")
    return str(own[0]["name"])


def node_of(pod: Object) -> str:
    """Raises 400 where no node has taken it."""
    found: str = (pod.get("spec") or {}).get("nodeName") or ""
    if not found:
        raise no_host(pod)
    return found


def no_host(pod: Object) -> Refusal:
    return bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")
