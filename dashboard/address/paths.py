"""Addresses under /c/: parses and builds the URLs of lists and objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from django.http import QueryDict
from django.urls import get_script_prefix
from django.utils.translation import gettext as _

from clusters.api.paths import is_dns_label

ALL = "_all"
CLUSTER = "_cluster"
MAX_CLUSTERS = 20
MAX_NAMESPACES = 50
MAX_NAME = 253
MAX_RESOURCE = 320
MAX_SELECTOR = 2000  # characters
SELECTORS = ("selector", "fields")  # names in the query: label selector, field selector

_UNSAFE_IN_NAME = re.compile(r"[/%\x00-\x1f\x7f\u2028\u2029]")


class BadAddress(ValueError):
    """A part of a URL that names nothing possible: `field` says which, `message` why, for the person."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Address:
    """A list or an object. `clusters` and `namespaces` hold names, or one of `_all` and `_cluster` alone.

    `resource` is a discovery slug (`pods`, `deployments.apps`, `cronjobs.v1beta1.batch`), `query` the pairs
    behind the question mark in their order.
    """

    clusters: tuple[str, ...]
    namespaces: tuple[str, ...]
    resource: str
    name: str = ""
    query: tuple[tuple[str, str], ...] = ()

    @property
    def cluster(self) -> str:
        """The first cluster; the only one of an object."""
        return self.clusters[0]

    @property
    def namespace(self) -> str:
        """The one namespace as the API spells it: empty for all namespaces and for cluster-scoped kinds."""
        first = self.namespaces[0]
        return "" if first in (ALL, CLUSTER) else first

    def path(self, page: str = "") -> str:
        """The URL without its query; `page` is a further segment such as `yaml`."""
        parts = [",".join(self.clusters), ",".join(self.namespaces), self.resource, self.name, page]
        return get_script_prefix() + "c/" + "/".join(quote(part, safe=",:@") for part in parts if part)

    def url(self, page: str = "") -> str:
        """The URL with its query."""
        return self.path(page) + ("?" + urlencode(self.query) if self.query else "")

    def with_query(self, *pairs: tuple[str, str]) -> Address:
        """The same address with exactly these pairs; empty values are left out."""
        return replace(self, query=tuple((key, value) for key, value in pairs if value))

    def listing(self) -> Address:
        """The list that holds this object."""
        return replace(self, name="", query=())


def address(
    cluster: str, resource: str, *, namespace: str = "", namespaced: bool = True, name: str = ""
) -> Address:
    """An address in one cluster; for a namespaced kind no namespace means all of them."""
    segment = (namespace or ALL) if namespaced else CLUSTER
    return Address((cluster,), (segment,), resource, name)


def parse(path: Mapping[str, str], query: QueryDict) -> Address:
    """Read `clusters`, `namespaces`, `resource` and perhaps `name`; raise BadAddress naming the part."""
    clusters = _names("clusters", path["clusters"], limit=MAX_CLUSTERS, words=(ALL,))
    namespaces = _names("namespaces", path["namespaces"], limit=MAX_NAMESPACES, words=(ALL, CLUSTER))
    resource = _resource(path["resource"])
    name = path.get("name", "")
    if name:
        _check_object(clusters, namespaces, name)
    return Address(clusters, namespaces, resource, name, _check_selectors(_pairs(query)))


def is_object_name(text: str) -> bool:
    """Whether the text may be an object's name, by the API server's own check (ValidatePathSegmentName)."""
    return 0 < len(text) <= MAX_NAME and text not in (".", "..") and not _UNSAFE_IN_NAME.search(text)


def _names(field: str, text: str, *, limit: int, words: Iterable[str]) -> tuple[str, ...]:
    if text in words:
        return (text,)
    names = tuple(dict.fromkeys(text.split(",")))
    if len(names) > limit:
        raise BadAddress(field, _("At most %(limit)d names are allowed here.") % {"limit": limit})
    for name in names:
        if not is_dns_label(name):
            message = _(
                "“%(name)s” is not a valid name: use lowercase letters, digits and hyphens (max. 63), "
                "separated by commas."
            )
            raise BadAddress(field, message % {"name": name[:100]})
    return names


def _check_selectors(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The query, unless a selector is too long to be sent: `a=b,c=d` cut to `a=b` would select more."""
    for name, value in pairs:
        if name in SELECTORS and len(value) > MAX_SELECTOR:
            message = _("This selector is longer than %(limit)d characters. Shorten it.")
            raise BadAddress(name, message % {"limit": MAX_SELECTOR})
    return pairs


def _resource(text: str) -> str:
    if len(text) > MAX_RESOURCE or not all(is_dns_label(part) for part in text.split(".")):
        message = _("“%(name)s” is not a valid resource name, such as pods or deployments.apps.")
        raise BadAddress("resource", message % {"name": text[:100]})
    return text


def _check_object(clusters: tuple[str, ...], namespaces: tuple[str, ...], name: str) -> None:
    if len(clusters) != 1 or clusters[0] == ALL:
        raise BadAddress("clusters", _("An object belongs to exactly one cluster: specify it."))
    if len(namespaces) != 1 or namespaces[0] == ALL:
        raise BadAddress("namespaces", _("An object belongs to exactly one namespace: specify it."))
    if not is_object_name(name):
        raise BadAddress("name", _("“%(name)s” is not a valid object name.") % {"name": name[:100]})


def _pairs(query: QueryDict) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, values in query.lists() for value in values)


def clusters_in_path(path: str) -> str:
    """The clusters of a page as its path names them, at most 200 characters; nothing for a page of none."""
    return path.removeprefix("/c/").partition("/")[0][:200] if path.startswith("/c/") else ""
