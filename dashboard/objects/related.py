"""Related objects: references and selections of an object, as its kind finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from dashboard.address.links import Links
from dashboard.kinds.fields import KubernetesObject
from dashboard.kinds.references import Pick
from dashboard.kinds.table import kind_of

MAX_REFERENCES = 60
MAX_PICKS = 16


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
    """The objects that this one names, by what they are to it. Its owners are part of the metadata."""
    result: dict[str, dict[RelatedObject, None]] = {}
    for reference in islice(kind_of(found).find_references(found), MAX_REFERENCES):
        url = links.object(reference.group, reference.kind, reference.name, reference.namespace)
        one = RelatedObject(reference.kind, reference.name, reference.namespace, url)
        result.setdefault(reference.label, {})[one] = None
    return [RelatedGroup(label, tuple(objects)) for label, objects in result.items()]


def lists(found: KubernetesObject, links: Links) -> Sequence[RelatedList]:
    """The lists that this object selects, those of kinds that are not served left out."""
    result = []
    for pick in islice(kind_of(found).find_picks(found), MAX_PICKS):
        url = links.list(pick.group, pick.kind, pick.namespace, labels=pick.labels, fields=pick.fields)
        if url:
            result.append(RelatedList(pick.label, url, pick))
    return result
