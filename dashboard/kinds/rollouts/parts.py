"""Rollout parts: what a rollout is read from, and the pods of a workload by their revision, new and old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clusters.actions.revisions import REVISION, clean_template
from dashboard.kinds.fields import KubernetesObject, mapping, mappings, name_of, number, text
from dashboard.kinds.rollout_status import ON_DELETE

HASH = "controller-revision-hash"  # the label of pods of StatefulSets and DaemonSets
Objects = Sequence[KubernetesObject]


@dataclass(frozen=True)
class RolloutParts:
    """A workload and the objects around it; of each kind None where it cannot be listed.

    `revisions` are ReplicaSets or ControllerRevisions and `pods` Pods of its selector; `warnings` are the Events of
    type Warning, `quotas` the ResourceQuotas and `budgets` the PodDisruptionBudgets of its namespace.
    """

    found: KubernetesObject
    revisions: Objects | None = ()
    pods: Objects | None = ()
    warnings: Objects | None = ()
    quotas: Objects | None = ()
    budgets: Objects | None = ()

    def list_warnings(self, found: KubernetesObject) -> Objects:
        """The warnings about one object, the newest first."""
        uid = uid_of(found)
        about = [one for one in self.warnings or () if uid and text(one, "involvedObject", "uid") == uid]
        return sorted(about, key=when_of, reverse=True)


@dataclass(frozen=True)
class PodGroup:
    """The pods of one revision; `source` is its ReplicaSet or ControllerRevision where there is one.

    `desired` is how many pods there shall be of it, None where nobody says.
    """

    revision: int | None
    source: KubernetesObject
    template: KubernetesObject
    pods: Objects
    desired: int | None = None


@dataclass(frozen=True)
class RolloutPods:
    """The pods of the newest pod template, and of those before, the newest revision first.

    `is_known` is False where revisions cannot be listed, so that all pods are in `new`.
    """

    new: PodGroup
    old: Sequence[PodGroup] = ()
    is_known: bool = True

    @property
    def old_pods(self) -> Objects:
        return [pod for group in self.old for pod in group.pods]


def uid_of(found: KubernetesObject) -> str:
    """`metadata.uid`."""
    return text(found, "metadata", "uid")


def when_of(event: KubernetesObject) -> str:
    """When an Event was last seen (RFC 3339); empty where it does not say."""
    return (
        text(event, "series", "lastObservedTime")
        or text(event, "lastTimestamp")
        or text(event, "eventTime")
        or text(event, "metadata", "creationTimestamp")
    )


def is_controlled_by(found: KubernetesObject, uid: str) -> bool:
    """Whether the controller among its owners has this uid."""
    owners = mappings(found, "metadata", "ownerReferences")
    return any(one.get("controller") is True and text(one, "uid") == uid for one in owners)


def group_pods(parts: RolloutParts) -> RolloutPods:
    """The pods of a workload by revision."""
    if text(parts.found, "kind") == "Deployment":
        return _group_by_replica_set(parts)
    return _group_by_hash(parts)


def _group_by_replica_set(parts: RolloutParts) -> RolloutPods:
    template, pods = mapping(parts.found, "spec", "template"), parts.pods or ()
    if parts.revisions is None:
        return RolloutPods(
            PodGroup(None, {}, template, pods, number(parts.found, "spec", "replicas")), (), False
        )
    owned = [one for one in parts.revisions if is_controlled_by(one, uid_of(parts.found))]
    groups = [
        PodGroup(
            _read_revision(one),
            one,
            mapping(one, "spec", "template"),
            [pod for pod in pods if is_controlled_by(pod, uid_of(one))],
            number(one, "spec", "replicas") or 0,
        )
        for one in sorted(owned, key=lambda one: text(one, "metadata", "creationTimestamp"))
    ]
    desired = clean_template(template)
    new = next((one for one in groups if clean_template(one.template) == desired), None)
    old = [one for one in groups if one is not new and (one.pods or one.desired)]
    old.sort(key=lambda one: one.revision or 0, reverse=True)
    none_yet = PodGroup(None, {}, template, (), number(parts.found, "spec", "replicas"))
    return RolloutPods(new or none_yet, old)


def _group_by_hash(parts: RolloutParts) -> RolloutPods:
    """Pods carry the name of their ControllerRevision (StatefulSet) or a label of it (DaemonSet)."""
    owned_by = uid_of(parts.found)
    pods = [pod for pod in parts.pods or () if is_controlled_by(pod, owned_by)]
    revisions = [one for one in parts.revisions or () if is_controlled_by(one, owned_by)]
    revisions.sort(key=lambda one: _read_revision(one) or 0, reverse=True)
    template = mapping(parts.found, "spec", "template")
    newest = text(parts.found, "status", "updateRevision")
    new = next((one for one in revisions if not newest or name_of(one) == newest), None)
    if new is None and not newest:
        return RolloutPods(PodGroup(None, {}, template, pods, _count_desired(parts.found)), (), False)
    hashes = {newest} if new is None else {name_of(new), text(new, "metadata", "labels", HASH)}
    current = [pod for pod in pods if text(pod, "metadata", "labels", HASH) in hashes]
    group = PodGroup(_read_revision(new or {}), new or {}, template, current, _count_desired(parts.found))
    others = [pod for pod in pods if pod not in current]
    return RolloutPods(group, _group_old(others, revisions))


def _group_old(pods: Objects, revisions: Objects) -> Sequence[PodGroup]:
    by_hash: dict[str, list[KubernetesObject]] = {}
    for pod in pods:
        by_hash.setdefault(text(pod, "metadata", "labels", HASH), []).append(pod)
    sources: Mapping[str, KubernetesObject] = {
        word: one
        for one in revisions
        for word in (name_of(one), text(one, "metadata", "labels", HASH))
        if word
    }
    groups = [
        PodGroup(
            _read_revision(source := sources.get(word, {})),
            source,
            mapping(source, "data", "spec", "template"),
            members,
        )
        for word, members in by_hash.items()
    ]
    return sorted(groups, key=lambda one: one.revision or 0, reverse=True)


def _count_desired(found: KubernetesObject) -> int | None:
    """Pods that shall be of the newest revision: none below a partition."""
    if text(found, "kind") == "DaemonSet":
        return number(found, "status", "desiredNumberScheduled")
    desired, strategy = number(found, "spec", "replicas"), mapping(found, "spec", "updateStrategy")
    if desired is None or text(strategy, "type") == ON_DELETE:
        return desired
    return max(0, desired - (number(strategy, "rollingUpdate", "partition") or 0))


def _read_revision(source: KubernetesObject) -> int | None:
    """The number of a ControllerRevision, or of a ReplicaSet by its annotation."""
    if (revision := number(source, "revision")) is not None:
        return revision
    written = text(source, "metadata", "annotations", REVISION)
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else None
