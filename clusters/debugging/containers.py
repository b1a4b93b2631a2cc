"""Debug containers: an ephemeral one in a pod, or a copy of the pod with one more, as `kubectl debug` makes them."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.actions.change import OPTIONS, STRATEGIC_PATCH, ActionObject, Change
from clusters.debugging.profiles import Style, build_security_context
from clusters.discovery import Resource

LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # those of kubectl: no words come about
CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


@dataclass(frozen=True)
class DebugContainer:
    """What was chosen. Without a `command` the image's own runs; `target` shares that container's processes."""

    name: str
    image: str
    profile: str
    command: Sequence[str] = ()
    target: str = ""

    @property
    def detail(self) -> dict[str, str]:
        """For the audit trail."""
        found = {"container": self.name, "image": self.image, "profile": self.profile}
        found |= {"target": self.target} if self.target else {}
        return found | ({"command": " ".join(self.command)[:500]} if self.command else {})


def make_name(prefix: str, taken: Sequence[str] = ()) -> str:
    """The prefix and five letters that no person chose, other than the names that are taken."""
    while (name := f"{prefix}-{''.join(secrets.choice(LETTERS) for _ in range(5))}") in taken:
        pass
    return name


def list_container_names(pod: Mapping[str, Any], *fields: str) -> list[str]:
    """Of a pod's containers of all types, or of those in some fields of its spec."""
    return [str(one.get("name") or "") for one in _list_containers(pod, fields or CONTAINER_LISTS)]


def add_debug_container(pod: ActionObject, chosen: DebugContainer, existing: Sequence[str]) -> Change:
    """An ephemeral container; it can be neither changed nor removed as long as the pod lives.

    It comes after the `existing` ones, the names of the pod's ephemeral containers: without an order in the patch, the
    API server puts it before them.
    """
    container = build_container(chosen, "ephemeral")
    if chosen.target:
        container["targetContainerName"] = chosen.target
    spec = {
        "$setElementOrder/ephemeralContainers": [{"name": name} for name in (*existing, chosen.name)],
        "ephemeralContainers": [container],
    }
    change = pod.patch_subresource("ephemeralcontainers", {"spec": spec}, STRATEGIC_PATCH)
    return Change(change.attributes, change.body, change.query, change.content_type, chosen.detail)


def copy_with_debug_container(
    pod: Mapping[str, Any], pods: Resource, namespace: str, name: str, chosen: DebugContainer
) -> Change:
    """A copy of the pod with one more container, on whatever node the scheduler chooses.

    As with kubectl it has no labels, so that no Service and no controller takes it for one of its pods, and no
    probes; its init containers run.
    """
    spec: dict[str, Any] = copy.deepcopy(dict(_mapping(pod.get("spec"))))
    for field in ("ephemeralContainers", "nodeName"):
        spec.pop(field, None)
    spec.setdefault("shareProcessNamespace", True)
    containers = [dict(one) for one in _list_containers(pod, ("containers",))]
    for one in containers:
        for probe in _PROBES:
            one.pop(probe, None)
    spec["containers"] = [*containers, build_container(chosen, "copy")]
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    original = str(_mapping(pod.get("metadata")).get("name") or "")
    detail = {**chosen.detail, "copy_of": original}
    return Change(pods.attributes("create", namespace), body, OPTIONS, detail=detail)


def build_container(chosen: DebugContainer, style: Style) -> dict[str, Any]:
    """With a terminal, for a person."""
    container: dict[str, Any] = {
        "name": chosen.name,
        "image": chosen.image,
        "stdin": True,
        "tty": True,
        "terminationMessagePolicy": "File",
    }
    if chosen.command:
        container["command"] = list(chosen.command)
    if (context := build_security_context(chosen.profile, style)) is not None:
        container["securityContext"] = context
    return container


def _list_containers(pod: Mapping[str, Any], fields: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    spec = _mapping(pod.get("spec"))
    for field in fields:
        found = spec.get(field)
        yield from (one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else ()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
