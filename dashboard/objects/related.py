"""Related objects: references and selections of an object, from the reference tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from dashboard.address.links import Links
from dashboard.kinds import reference_tables as tables
from dashboard.kinds.fields import dig, group_of, text
from dashboard.kinds.references import Pick, Reference

MAX_REFERENCES = 60
MAX_PICKS = 16
MAX_FOUND = 20  # references found in the spec of a kind that is not in the table

KubernetesObject = Mapping[str, Any]


@dataclass(frozen=True)
class RelatedObject:
    """One other object: a link, or its name alone where its kind is not served here."""

    kind: str
    name: str
    namespace: str
    url: str


@dataclass(frozen=True)
class RelatedGroup:
    """What stands under one word, such as “Service account”."""

    label: str
    objects: Sequence[RelatedObject]


@dataclass(frozen=True)
class RelatedList:
    """A list of others: its URL, and the pick for a small live table."""

    label: str
    url: str
    pick: Pick


def groups(found: KubernetesObject, links: Links) -> Sequence[RelatedGroup]:
    """The objects that this one names, by what they are to it."""
    result: dict[str, dict[RelatedObject, None]] = {}
    for reference in _first(references(found), MAX_REFERENCES):
        url = links.object(reference.group, reference.kind, reference.name, reference.namespace)
        one = RelatedObject(reference.kind, reference.name, reference.namespace, url)
        result.setdefault(reference.label, {})[one] = None
    return [RelatedGroup(label, tuple(objects)) for label, objects in result.items()]


def lists(found: KubernetesObject, links: Links) -> Sequence[RelatedList]:
    """The lists that this object selects, those of kinds that are not served left out."""
    result = []
    for pick in _first(picks(found), MAX_PICKS):
        url = links.list(pick.group, pick.kind, pick.namespace, labels=pick.labels, fields=pick.fields)
        if url:
            result.append(RelatedList(pick.label, url, pick))
    return result


def references(found: KubernetesObject) -> Iterator[Reference]:
    """Owners are not among them: they are part of the metadata."""
    table = tables.REFERENCES.get(_kind_of(found))
    yield from table(found) if table else _find_in_spec(found)


def picks(found: KubernetesObject) -> Iterator[Pick]:
    """Lists by selector; only those with something to select by."""
    table = tables.PICKS.get(_kind_of(found))
    if table:
        yield from table(found)


def _kind_of(found: KubernetesObject) -> tuple[str, str]:
    return group_of(text(found, "apiVersion")), text(found, "kind")


def _find_in_spec(found: KubernetesObject) -> Iterator[Reference]:
    """In kinds that nobody wrote down: whatever in the spec has both a kind and a name."""
    namespace = text(found, "metadata", "namespace")
    yield from _first(_find_named(dig(found, "spec"), "spec", namespace, 0), MAX_FOUND)


def _find_named(value: Any, key: str, namespace: str, depth: int) -> Iterator[Reference]:
    if depth > 6:
        return
    if isinstance(value, list):
        for entry in value[:50]:
            yield from _find_named(entry, key, namespace, depth + 1)
    if not isinstance(value, Mapping):
        return
    kind, name = text(value, "kind"), text(value, "name")
    if kind and name:
        group = text(value, "apiGroup") or text(value, "group") or group_of(text(value, "apiVersion"))
        yield Reference(
            _("Referenced in %(field)s") % {"field": key},
            group,
            kind,
            name,
            text(value, "namespace") or namespace,
        )
    for inner_key, inner in value.items():
        yield from _find_named(inner, inner_key, namespace, depth + 1)


def _first(found: Iterator[Any], limit: int) -> Iterator[Any]:
    for _index, entry in zip(range(limit), found, strict=False):
        yield entry
