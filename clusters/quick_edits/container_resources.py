"""Resource requests and limits of containers: of a pod template as `kubectl set resources` changes them, and of a
running pod in place (https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.actions.change import STRATEGIC_PATCH, ActionObject, Change
from clusters.actions.images import FIELDS, POD_SPECS
from clusters.quick_edits.entries import pin, read_entries

KINDS = ("requests", "limits")
RESOURCES = ("cpu", "memory")
POD = ("spec",)


@dataclass(frozen=True)
class ContainerResources:
    """A container with its requests and limits; `restarts` are the resources whose resize restarts it."""

    field: str
    name: str
    values: Mapping[tuple[str, str], str]
    restarts: tuple[str, ...] = ()


def find_pod_spec(thing: ActionObject) -> tuple[str, ...]:
    """The path of the PodSpec in the object."""
    return POD_SPECS.get((thing.resource.group, thing.resource.plural), POD)


def list_containers(found: Mapping[str, Any], path: Sequence[str]) -> list[ContainerResources]:
    """The containers of the PodSpec at the path, init containers first."""
    spec = read_entries(found, tuple(path))
    lists = [(field, spec.get(field)) for field in FIELDS]
    return [
        _read(field, one)
        for field, containers in lists
        if isinstance(containers, list)
        for one in containers
        if isinstance(one, Mapping)
    ]


def _read(field: str, container: Mapping[str, Any]) -> ContainerResources:
    values = {
        (kind, resource): str(found)
        for kind in KINDS
        for resource in RESOURCES
        if (found := read_entries(container, ("resources", kind)).get(resource)) is not None
    }
    policies = container.get("resizePolicy")
    restarts = tuple(
        str(one.get("resourceName"))
        for one in (policies if isinstance(policies, list) else ())
        if isinstance(one, Mapping) and one.get("restartPolicy") == "RestartContainer"
    )
    return ContainerResources(field, str(container.get("name") or ""), values, restarts)


def set_resources(
    thing: ActionObject, found: Mapping[str, Any], changed: Sequence[ContainerResources]
) -> Change:
    """A strategic merge patch of the template: containers are merged by name, and an empty value removes one."""
    return thing.patch({"metadata": pin(thing, found), **_build_body(thing, changed)})


def resize(thing: ActionObject, found: Mapping[str, Any], changed: Sequence[ContainerResources]) -> Change:
    """The same of a running pod, through its subresource `resize`."""
    body = {"metadata": pin(thing, found), **_build_body(thing, changed)}
    return thing.patch_subresource("resize", body, STRATEGIC_PATCH)


def _build_body(thing: ActionObject, changed: Sequence[ContainerResources]) -> dict[str, Any]:
    body: Any = {}
    for one in changed:
        resources: dict[str, dict[str, str | None]] = {}
        for (kind, resource), value in one.values.items():
            resources.setdefault(kind, {})[resource] = value or None
        body.setdefault(one.field, []).append({"name": one.name, "resources": resources})
    for key in reversed(find_pod_spec(thing)):
        body = {key: body}
    return dict(body)
