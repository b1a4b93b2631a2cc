"""Revisions: the pod templates that a workload had, from its ReplicaSets or ControllerRevisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.actions.change import ActionObject
from clusters.discovery import Resource
from clusters.gateway.connect import ClusterSession

REVISION = "deployment.kubernetes.io/revision"
REUSED = "deployment.kubernetes.io/revision-history"  # on a ReplicaSet: the numbers that it had before
CHANGE_CAUSE = "kubernetes.io/change-cause"
HASH = "pod-template-hash"  # a label that the Deployment controller adds to the templates of ReplicaSets
MAX_HISTORY = 500  # objects that are listed; a workload keeps ten by default
SECONDS = 5.0
DEPLOYMENTS = ("apps", "deployments")


@dataclass(frozen=True)
class Revision:
    """One revision. `source` is the ReplicaSet or ControllerRevision, `template` its pod template without the hash."""

    number: int
    created: str
    change_cause: str
    source: Mapping[str, Any]
    template: Mapping[str, Any]


def source_of(cluster_session: ClusterSession, thing: ActionObject) -> Resource | None:
    """The kind in which the revisions of this one are kept; None where the cluster does not serve it."""
    kind = (
        "ReplicaSet" if (thing.resource.group, thing.resource.plural) == DEPLOYMENTS else "ControllerRevision"
    )
    return cluster_session.catalog().kind("apps", kind)


def list_revisions(cluster_session: ClusterSession, thing: ActionObject, selector: str) -> Sequence[Revision]:
    """All that the object owns, the newest first. Raises ApiError where they cannot be listed.

    `selector` is the object's own label selector. What has no revision number is none, as for kubectl.
    """
    source = source_of(cluster_session, thing)
    if source is None:
        return []
    query = (("limit", str(MAX_HISTORY)), ("labelSelector", selector))
    found = cluster_session.client.get(source.list_path(thing.namespace), query=query, timeout=SECONDS)
    items = found.get("items") if isinstance(found, Mapping) else None
    owned = [one for one in items or () if isinstance(one, Mapping) and _is_owned(one, thing.uid)]
    revisions = [revision for one in owned if (revision := _read(one)) is not None]
    return sorted(revisions, key=lambda one: one.number, reverse=True)


def clean_template(template: object) -> Mapping[str, Any]:
    """A pod template without the hash label, by which it is compared."""
    if not isinstance(template, Mapping):
        return {}
    metadata = dict(_mapping(template.get("metadata")))
    labels = {key: value for key, value in _mapping(metadata.get("labels")).items() if key != HASH}
    metadata |= {"labels": labels} if labels or "labels" in metadata else {}
    return {**{key: value for key, value in template.items() if key != "$patch"}, "metadata": metadata}


def _read(source: Mapping[str, Any]) -> Revision | None:
    metadata = _mapping(source.get("metadata"))
    annotations = _mapping(metadata.get("annotations"))
    if "revision" in source:
        number, spec = source["revision"], _mapping(_mapping(source.get("data")).get("spec"))
    else:
        text, spec = str(annotations.get(REVISION) or ""), _mapping(source.get("spec"))
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if not isinstance(number, int):
        return None
    return Revision(
        number,
        str(metadata.get("creationTimestamp") or ""),
        str(annotations.get(CHANGE_CAUSE) or ""),
        source,
        clean_template(spec.get("template")),
    )


def _is_owned(source: Mapping[str, Any], uid: str) -> bool:
    owners = _mapping(source.get("metadata")).get("ownerReferences")
    return any(
        isinstance(one, Mapping) and one.get("uid") == uid and one.get("controller") is True
        for one in (owners if isinstance(owners, list) else ())
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
