"""Container lookup for pod subresources: container named in the query, and node of the pod."""

from __future__ import annotations

from simulator.requests.statuses import StatusError, bad_request_error
from simulator.schemas.resources import Object

NODES = ("", "nodes")
KINDS = ("initContainers", "containers", "ephemeralContainers")


def find_container(pod: Object, container: str) -> str:
    """The one that was requested, else the only one; raises 400 (pkg/registry/core/pod: validateContainer)."""
    name, spec = pod["metadata"]["name"], pod.get("spec") or {}
    names = [str(one["name"]) for kind in KINDS for one in spec.get(kind) or ()]
    if container:
        if container not in names:
            raise bad_request_error(f"container {container} is not valid for pod {name}")
        return container
    own = spec.get("containers") or []
    if len(own) != 1:
        chosen = f", choose one of: [{' '.join(names)}]" if own else ""
        raise bad_request_error(f"a container name must be specified for pod {name}{chosen}")
    return str(own[0]["name"])


def find_node(pod: Object) -> str:
    """Raises 400 where no node has taken it."""
    found: str = (pod.get("spec") or {}).get("nodeName") or ""
    if not found:
        raise no_host_error(pod)
    return found


def no_host_error(pod: Object) -> StatusError:
    return bad_request_error(f"pod {pod['metadata']['name']} does not have a host assigned")
