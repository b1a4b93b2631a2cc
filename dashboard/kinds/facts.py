"""Object facts: conditions, ObjectMeta and one status word, for an object of any kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.kinds.fields import dig, mapping, mappings, number, text, texts
from dashboard.kinds.masking import LAST_APPLIED, Hidden
from dashboard.kinds.tones import Level, StatusTones, classify_condition

SHORT = 120  # characters of an annotation that stand unfolded


@dataclass(frozen=True)
class ObjectState:
    """One word for its state, and how good that is."""

    level: Level
    word: str


@dataclass(frozen=True)
class Condition:
    """One entry of `status.conditions`; `changed` and `generation` as they came, or empty and None."""

    type: str
    status: str
    level: Level
    reason: str
    message: str
    changed: str
    generation: int | None


@dataclass(frozen=True)
class Label:
    key: str
    value: str
    url: str  # the list of what carries the same label


@dataclass(frozen=True)
class Annotation:
    """`value` is empty where it is `hidden`; `size` in bytes; long ones are folded."""

    key: str
    value: str
    size: int
    is_long: bool
    is_hidden: bool


@dataclass(frozen=True)
class Owner:
    kind: str
    name: str
    api_version: str
    is_controller: bool
    url: str  # empty where the kind is not served


@dataclass(frozen=True)
class Manager:
    """Who set fields, as managedFields says: `fields` counts the leaves."""

    name: str
    operation: str
    subresource: str
    at: str
    fields: int


@dataclass(frozen=True)
class Meta:
    """ObjectMeta in full; times as they came (RFC 3339)."""

    name: str
    namespace: str
    uid: str
    resource_version: str
    created: str
    deleting: str
    grace: int | None
    generation: int | None
    observed: int | None
    generate_name: str
    labels: Sequence[Label]
    annotations: Sequence[Annotation]
    owners: Sequence[Owner]
    finalizers: Sequence[str]
    managers: Sequence[Manager]

    @property
    def is_behind(self) -> bool:
        """Whether the controller has not yet seen the newest generation."""
        return self.generation is not None and self.observed is not None and self.observed < self.generation


def conditions(found: Mapping[str, Any], tones: StatusTones) -> Sequence[Condition]:
    """All conditions, in the object's order; `tones` are those of its kind."""
    return [_condition(entry, tones) for entry in mappings(found, "status", "conditions")]


def meta(
    found: Mapping[str, Any],
    *,
    owner_url: Callable[[str, str, str], str],
    label_url: Callable[[str, str], str],
) -> Meta:
    """ObjectMeta of a masked object; `owner_url(api_version, kind, name)`, `label_url(key, value)`."""
    metadata = mapping(found, "metadata")
    return Meta(
        name=text(metadata, "name"),
        namespace=text(metadata, "namespace"),
        uid=text(metadata, "uid"),
        resource_version=text(metadata, "resourceVersion"),
        created=text(metadata, "creationTimestamp"),
        deleting=text(metadata, "deletionTimestamp"),
        grace=number(metadata, "deletionGracePeriodSeconds"),
        generation=number(metadata, "generation"),
        observed=number(found, "status", "observedGeneration"),
        generate_name=text(metadata, "generateName"),
        labels=[
            Label(key, str(value), label_url(key, str(value)))
            for key, value in sorted(mapping(metadata, "labels").items())
        ],
        annotations=[_annotation(*pair) for pair in sorted(mapping(metadata, "annotations").items())],
        owners=[_owner(entry, owner_url) for entry in mappings(metadata, "ownerReferences")],
        finalizers=texts(metadata, "finalizers"),
        managers=[_manager(entry) for entry in mappings(metadata, "managedFields")],
    )


def state(found: Mapping[str, Any], tones: StatusTones) -> ObjectState | None:
    """The word for any kind: going, a condition that is bad, Ready and the like, or the phase."""
    if dig(found, "metadata", "deletionTimestamp"):
        return ObjectState("progress", "Terminating")
    phase = text(found, "status", "phase")
    all_conditions = {condition.type: condition for condition in conditions(found, tones)}
    for name in ("Ready", "Available", "Healthy", "Established", "Complete", "Synced"):
        if (condition := all_conditions.get(name)) and not phase:
            return ObjectState(condition.level, name if condition.status == "True" else f"Not{name}")
    for condition in all_conditions.values():
        if condition.level == "error":
            return ObjectState("error", condition.type)
    return ObjectState(tones.phases.get(phase, "unknown"), phase) if phase else None


def _condition(entry: Mapping[str, Any], tones: StatusTones) -> Condition:
    kind, status = text(entry, "type"), text(entry, "status")
    return Condition(
        type=kind,
        status=status,
        level=classify_condition(kind, status, text(entry, "reason"), tones),
        reason=text(entry, "reason"),
        message=text(entry, "message"),
        changed=text(entry, "lastTransitionTime") or text(entry, "lastUpdateTime"),
        generation=number(entry, "observedGeneration"),
    )


def _annotation(key: str, value: Any) -> Annotation:
    if isinstance(value, Hidden):
        return Annotation(key, "", value.size, is_long=False, is_hidden=True)
    written = str(value)
    is_long = key == LAST_APPLIED or len(written) > SHORT or "\n" in written
    return Annotation(key, written, len(written.encode("utf-8", "replace")), is_long, is_hidden=False)


def _owner(entry: Mapping[str, Any], owner_url: Callable[[str, str, str], str]) -> Owner:
    api_version, kind, name = text(entry, "apiVersion"), text(entry, "kind"), text(entry, "name")
    return Owner(kind, name, api_version, entry.get("controller") is True, owner_url(api_version, kind, name))


def _manager(entry: Mapping[str, Any]) -> Manager:
    return Manager(
        name=text(entry, "manager"),
        operation=text(entry, "operation"),
        subresource=text(entry, "subresource"),
        at=text(entry, "time"),
        fields=_leaves(entry.get("fieldsV1")),
    )


def _leaves(node: Any) -> int:
    """The fields without fields of their own; without recursion, since managedFields are as deep as their object."""
    leaves, nodes = 0, [node] if isinstance(node, Mapping) else []
    while nodes:
        children = [value for key, value in nodes.pop().items() if key != "."]
        inner = [
            value for value in children if isinstance(value, Mapping) and any(key != "." for key in value)
        ]
        leaves += len(children) - len(inner)
        nodes += inner
    return leaves
