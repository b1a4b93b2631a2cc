"""Reference types, and the finders of kinds that have none of their own.

A reference is an object that another names, a pick a list that it selects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from dashboard.kinds.fields import KubernetesObject, dig, group_of, mapping, namespace_of, text
from dashboard.kinds.selectors import format_labels, format_selector

MAX_IN_SPEC = 20  # references that are found in the spec of one object
MAX_DEPTH = 6


@dataclass(frozen=True)
class Reference:
    """One object. `label` is what it is to the other, as a person reads it."""

    label: str
    group: str
    kind: str
    name: str
    namespace: str = ""


@dataclass(frozen=True)
class Pick:
    """A list: a kind in a namespace (empty: all) by a selector. `is_live` ones get a small table."""

    label: str
    group: str
    kind: str
    namespace: str = ""
    labels: str = ""
    fields: str = ""
    is_live: bool = False


def find_references_in_spec(found: KubernetesObject) -> Iterator[Reference]:
    """Whatever in the spec has both a kind and a name."""
    yield from islice(_find_named(dig(found, "spec"), "spec", namespace_of(found), 0), MAX_IN_SPEC)


def pick_nothing(found: KubernetesObject) -> Iterator[Pick]:
    """No list."""
    yield from ()


def pick_pods_by_selector(found: KubernetesObject) -> Iterator[Pick]:
    """The Pods that a LabelSelector at `spec.selector` selects; none without one."""
    if labels := format_selector(mapping(found, "spec", "selector")):
        yield Pick(_("Pods"), "", "Pod", namespace_of(found), labels=labels, is_live=True)


def pick_pods_by_labels(found: KubernetesObject) -> Iterator[Pick]:
    """The Pods that a plain map of labels at `spec.selector` selects; none without one."""
    if labels := format_labels(mapping(found, "spec", "selector")):
        yield Pick(_("Pods"), "", "Pod", namespace_of(found), labels=labels, is_live=True)


def _find_named(value: Any, key: str, namespace: str, depth: int) -> Iterator[Reference]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for entry in value[:50]:
            yield from _find_named(entry, key, namespace, depth + 1)
    if not isinstance(value, Mapping):
        return
    kind, name = text(value, "kind"), text(value, "name")
    if kind and name:
        group = text(value, "apiGroup") or text(value, "group") or group_of(text(value, "apiVersion"))
        label = _("Referenced in %(field)s") % {"field": key}
        yield Reference(label, group, kind, name, text(value, "namespace") or namespace)
    for inner_key, inner in value.items():
        yield from _find_named(inner, inner_key, namespace, depth + 1)
