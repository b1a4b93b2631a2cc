"""Kind table: the entry of each special kind, found by group and kind, by resource or by object.

A kind is added, or made special in one more respect, by its `Kind` in the file of its family. A kind that has no
family gets a file, which has its line in the import and in `_ENTRIES`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dashboard.kinds.fields import KubernetesObject, group_of, text
from dashboard.kinds.kind import Kind
from dashboard.kinds.masking import mask_values
from dashboard.kinds.menu import MenuGroup, MenuSlot
from dashboard.kinds.table import (
    access,
    admission,
    autoscaling,
    batch,
    certificates,
    configuration,
    definitions,
    events,
    metrics,
    namespaces,
    network,
    nodes,
    pods,
    secrets,
    storage,
    workloads,
)
from dashboard.kinds.tones import GENERAL, StatusTones

_ENTRIES: tuple[Kind, ...] = (
    *pods.KINDS,
    *workloads.KINDS,
    *batch.KINDS,
    *autoscaling.KINDS,
    *events.KINDS,
    *configuration.KINDS,
    *secrets.KINDS,
    *network.KINDS,
    *storage.KINDS,
    *access.KINDS,
    *nodes.KINDS,
    *namespaces.KINDS,
    *definitions.KINDS,
    *certificates.KINDS,
    *admission.KINDS,
    *metrics.KINDS,
)
_VERSION = re.compile(r"v\d+(?:(?:alpha|beta)\d+)?")


def _merge_tones(entries: Sequence[Kind]) -> StatusTones:
    """The words of all kinds: operators borrow them from the built-in kinds for their own."""
    merged = GENERAL
    for entry in entries:
        merged = merged.extend(entry.tones)
    return merged


ALL_TONES = _merge_tones(_ENTRIES)

# By group and kind, each with its own tones first and those of all kinds for whatever it says nothing about.
KINDS: Mapping[tuple[str, str], Kind] = {
    (entry.group, entry.kind): replace(entry, tones=entry.tones.extend(ALL_TONES)) for entry in _ENTRIES
}
_BY_RESOURCE = {(kind.group, kind.plural): kind for kind in KINDS.values()}


def find_kind(group: str, kind: str) -> Kind:
    """By group and kind; for a kind without an entry one with the defaults, and no name in URLs."""
    return KINDS.get((group, kind)) or Kind(group=group, kind=kind, plural="", tones=ALL_TONES)


def find_resource(group: str, plural: str) -> Kind:
    """By group and resource; for one without an entry the defaults, and no kind."""
    return _BY_RESOURCE.get((group, plural)) or Kind(group=group, kind="", plural=plural, tones=ALL_TONES)


def find_slug(slug: str) -> Kind:
    """By the name in URLs, with or without a version: `pods`, `deployments.apps`, `deployments.v1.apps`."""
    plural, _, rest = slug.partition(".")
    version, _, group = rest.partition(".")
    return find_resource(group if _VERSION.fullmatch(version) else rest, plural)


def kind_of(found: KubernetesObject) -> Kind:
    """The kind of an object, by its apiVersion and kind."""
    return find_kind(group_of(text(found, "apiVersion")), text(found, "kind"))


def mask(found: KubernetesObject, requested: Kind | None = None) -> KubernetesObject:
    """The object as it is shown: of kinds with secret values a masked copy, of others itself.

    What it is follows from the kind that was `requested`, whatever came, and from what it says of itself. The items
    of a list likewise. Copies in objects of other kinds are not recognized.
    """
    secret = requested if requested is not None and requested.value_fields else None
    items = found.get("items")
    if isinstance(items, list) and text(found, "kind").endswith("List"):
        item_kind = find_kind(group_of(text(found, "apiVersion")), text(found, "kind").removesuffix("List"))
        item_kind = secret or item_kind
        around = mask_values(found, item_kind.value_fields)
        return {**around, "items": [_mask_item(one, item_kind) for one in items]}
    kind = secret or kind_of(found)
    if not kind.value_fields:
        return found
    named = {"apiVersion": f"{kind.group}/v1".lstrip("/"), "kind": kind.kind}
    return {**mask_values(found, kind.value_fields), **({} if kind_of(found) is kind else named)}


def _mask_item(item: object, kind: Kind) -> object:
    """An item that is no object holds nothing that is shown, where a kind with secret values is listed."""
    if isinstance(item, Mapping):
        return mask(item, kind)
    return mask_values({"item": item}, ["item"])["item"] if kind.value_fields else item


def list_menu(group: MenuGroup) -> Sequence[tuple[MenuSlot, Kind]]:
    """The kinds of a menu group with their slots, in the menu's order."""
    placed = [(kind.menu, kind) for kind in KINDS.values() if kind.menu and kind.menu.group is group]
    return sorted(placed, key=lambda pair: pair[0].position)
