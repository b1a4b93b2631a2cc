"""Template hashes and ControllerRevisions: names, labels and history of StatefulSets and DaemonSets."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

from simulator.controllers.index import controller_reference
from simulator.controllers.plane import Plane
from simulator.store import Object

LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # k8s.io/apimachinery/pkg/util/rand: no vowels, no 0, 1, 3
REVISIONS = ("apps", "controllerrevisions")
POD_HASH = "pod-template-hash"
REVISION_HASH = "controller-revision-hash"
_HASH_LABELS = {
    "StatefulSet": "controller.kubernetes.io/hash"
}  # of ControllerRevisions; DaemonSets use the pods' own


def template_hash(template: Object, collisions: int = 0) -> str:
    """Ten letters, as a Deployment's ReplicaSets have them (the real ones hash Go's memory: other letters)."""
    text = json.dumps(plain_template(template), sort_keys=True) + (str(collisions) if collisions else "")
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return "".join(LETTERS[number // len(LETTERS) ** position % len(LETTERS)] for position in range(10))


def plain_template(template: Object) -> Object:
    """Without the hash that was put into it, so that two can be compared."""
    found = copy.deepcopy(template)
    metadata = found.get("metadata") or {}
    metadata.pop("creationTimestamp", None)
    labels = metadata.get("labels") or {}
    labels.pop(POD_HASH, None)
    found["metadata"] = {key: value for key, value in metadata.items() if value}
    return found


def history(plane: Plane, owner: Object) -> list[Object]:
    """Its ControllerRevisions, oldest first."""
    return sorted(plane.index.list_owned(owner, REVISIONS), key=lambda one: one["revision"])


def current_revision(plane: Plane, owner: Object) -> Object:
    """The ControllerRevision of its template as it is now: found, moved to the end, or made."""
    template = owner["spec"]["template"]
    data = {"spec": {"template": template | {"$patch": "replace"}}}
    known = history(plane, owner)
    last = known[-1]["revision"] if known else 0
    for one in known:
        if plain_template(_template_of(one)) == plain_template(template):
            return one if one["revision"] == last else _renumber(plane, one, last + 1)
    return plane.create(REVISIONS, owner["metadata"]["namespace"], new_revision(owner, data, last + 1))


def new_revision(owner: Object, data: dict[str, Any], number: int) -> Object:
    digest = template_hash(owner["spec"]["template"])
    selected = (owner["spec"].get("selector") or {}).get("matchLabels") or {}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{owner['metadata']['name']}-{digest}",
            "namespace": owner["metadata"]["namespace"],
            "labels": dict(selected) | {_HASH_LABELS.get(owner["kind"], REVISION_HASH): digest},
            "ownerReferences": [controller_reference(owner)],
        },
        "data": data,
        "revision": number,
    }


def revision_label(owner: Object, revision: Object) -> str:
    """What its pods carry: of a StatefulSet the whole name, of a DaemonSet the hash."""
    if owner["kind"] == "StatefulSet":
        return str(revision["metadata"]["name"])
    return str(revision["metadata"]["labels"][REVISION_HASH])


def trim_history(plane: Plane, owner: Object, in_use: set[str]) -> None:
    """No more than revisionHistoryLimit of those that no pod has; `in_use` are labels."""
    limit = owner["spec"].get("revisionHistoryLimit", 10)
    known = history(plane, owner)[:-1]
    idle = [one for one in known if revision_label(owner, one) not in in_use]
    for one in idle[: max(len(idle) - limit, 0)]:
        plane.delete(REVISIONS, one)


def _renumber(plane: Plane, revision: Object, number: int) -> Object:
    return plane.update(REVISIONS, revision, lambda old: old | {"revision": number})


def _template_of(revision: Object) -> Object:
    template = ((revision.get("data") or {}).get("spec") or {}).get("template") or {}
    return {key: value for key, value in template.items() if key != "$patch"}
