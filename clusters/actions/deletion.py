"""Deletion: the DELETE request of one object, and whether the object stays for a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from clusters.actions.change import Change
from clusters.discovery import Resource

Propagation = Literal["Background", "Foreground", "Orphan"]


@dataclass(frozen=True)
class DeletionOptions:
    """`uid` is that of the object that was looked at: another one of its name is not deleted (409).

    `grace_seconds` None is the object's own grace period; 0 is sent only where somebody chose it.
    """

    uid: str
    propagation: Propagation = "Background"
    grace_seconds: int | None = None


def delete(resource: Resource, namespace: str, name: str, options: DeletionOptions) -> Change:
    """All options are in the body: a DELETE with any body ignores those of its query, dry run included."""
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": options.propagation,
        "preconditions": {"uid": options.uid},
    }
    if options.grace_seconds is not None:
        body["gracePeriodSeconds"] = options.grace_seconds
    return Change(resource.attributes("delete", namespace, name), body)


def is_still_there(answer: object) -> bool:
    """Whether the API server answered with an object that goes later: it has finalizers, or a grace period."""
    metadata = answer.get("metadata") if isinstance(answer, Mapping) else None
    if not isinstance(answer, Mapping) or not isinstance(metadata, Mapping):
        return False
    if answer.get("kind") == "Status" or not metadata.get("deletionTimestamp"):
        return False
    return bool(list_finalizers(answer)) or bool(metadata.get("deletionGracePeriodSeconds"))


def list_finalizers(found: Mapping[str, Any]) -> list[str]:
    """What keeps the object: `metadata.finalizers`, and `spec.finalizers` of a Namespace."""
    metadata, spec = found.get("metadata"), found.get("spec")
    names = metadata.get("finalizers") if isinstance(metadata, Mapping) else None
    own = spec.get("finalizers") if isinstance(spec, Mapping) and found.get("kind") == "Namespace" else None
    parts = [*(names if isinstance(names, list) else []), *(own if isinstance(own, list) else [])]
    return [one for one in parts if isinstance(one, str)]
