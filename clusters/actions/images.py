"""Images: the container images of a pod template, as `kubectl set image` changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.actions.change import ActionObject, Change

# Where the pod template is: group and plural -> the path to its PodSpec.
_TEMPLATE = ("spec", "template", "spec")
POD_SPECS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("apps", "deployments"): _TEMPLATE,
    ("apps", "statefulsets"): _TEMPLATE,
    ("apps", "daemonsets"): _TEMPLATE,
    ("apps", "replicasets"): _TEMPLATE,
    ("batch", "cronjobs"): ("spec", "jobTemplate", *_TEMPLATE),
}
FIELDS = ("initContainers", "containers")


@dataclass(frozen=True)
class ContainerImage:
    """A container of the template; `field` is the list that it is in."""

    field: str
    name: str
    image: str


def list_images(found: Mapping[str, Any], path: Sequence[str]) -> list[ContainerImage]:
    """The containers of the PodSpec at the path, init containers first."""
    spec: Any = found
    for key in path:
        spec = spec.get(key) if isinstance(spec, Mapping) else None
    if not isinstance(spec, Mapping):
        return []
    lists = [(field, spec.get(field)) for field in FIELDS]
    return [
        ContainerImage(field, str(one.get("name") or ""), str(one.get("image") or ""))
        for field, containers in lists
        if isinstance(containers, list)
        for one in containers
        if isinstance(one, Mapping)
    ]


def set_images(thing: ActionObject, changed: Sequence[ContainerImage]) -> Change:
    """Containers are merged by their name: those that are not named stay as they are."""
    body: Any = {
        field: [{"name": one.name, "image": one.image} for one in changed if one.field == field]
        for field in dict.fromkeys(one.field for one in changed)
    }
    for key in reversed(POD_SPECS[(thing.resource.group, thing.resource.plural)]):
        body = {key: body}
    return thing.patch(body)
