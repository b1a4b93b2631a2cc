"""Undo: an earlier revision becomes the pod template again, as by `kubectl rollout undo`.

The rules are those of kubectl's pkg/polymorphichelpers/rollback.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clusters.actions.change import JSON_PATCH, OPTIONS, ActionObject, Change
from clusters.actions.revisions import DEPLOYMENTS, REUSED, REVISION, Revision, clean_template

# What stays as the Deployment has it; all other annotations become those of the ReplicaSet.
KEPT_ANNOTATIONS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REUSED,
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
)


def find_previous(revisions: Sequence[Revision]) -> Revision | None:
    """The second newest, which is what kubectl undoes to where no revision is named; None where there is none."""
    return revisions[1] if len(revisions) > 1 else None


def is_current(found: Mapping[str, Any], revision: Revision) -> bool:
    """Whether the object's template is that of the revision already: kubectl skips it then."""
    spec = found.get("spec")
    return clean_template(spec.get("template") if isinstance(spec, Mapping) else None) == revision.template


def undo(thing: ActionObject, found: Mapping[str, Any], revision: Revision) -> Change:
    """A Deployment gets template and annotations of the ReplicaSet; the others the ControllerRevision as a patch."""
    if (thing.resource.group, thing.resource.plural) != DEPLOYMENTS:
        return thing.patch(revision.source["data"])
    theirs, ours = _annotations(revision.source), _annotations(found)
    annotations = {key: ours[key] for key in KEPT_ANNOTATIONS if key in ours}
    annotations |= {key: value for key, value in theirs.items() if key not in KEPT_ANNOTATIONS}
    operations = [
        {"op": "test", "path": "/metadata/uid", "value": thing.uid},
        {"op": "replace", "path": "/spec/template", "value": revision.template},
        {"op": "replace", "path": "/metadata/annotations", "value": annotations},
    ]
    attributes = thing.resource.attributes("patch", thing.namespace, thing.name)
    return Change(attributes, operations, OPTIONS, JSON_PATCH)


def _annotations(found: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = found.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return annotations if isinstance(annotations, Mapping) else {}
