"""New objects of a text: documents and the items of Lists, each with its resource, namespace and what it waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from clusters.api.resource_attributes import ResourceAttributes
from clusters.changes.objects import metadata_of
from clusters.changes.reading_yaml import Document
from clusters.changes.violations import Violation
from clusters.creation.generated_names import choose_name
from clusters.creation.install_order import find_position
from clusters.discovery import Catalog, Resource

MOST_OBJECTS = 200  # of one text
DEFINITION = "CustomResourceDefinition"


@dataclass(frozen=True)
class NewObject:
    """One object that is to be created. `position` is its place in the text, from 0.

    `value` is what is sent: with the namespace and, for a generateName, the name that was chosen. `waits_for` are
    positions of objects of the same text without which it cannot exist: its Namespace, its CustomResourceDefinition.
    `is_served`: whether the cluster serves its kind now; `is_item`: whether it is an item of a list.
    """

    position: int
    document: Document
    resource: Resource
    namespace: str
    name: str
    value: Mapping[str, Any] = field(repr=False)
    waits_for: tuple[int, ...] = ()
    is_served: bool = True
    is_item: bool = False

    @property
    def attributes(self) -> ResourceAttributes:
        """What Kubernetes authorizes: a create has no name."""
        return self.resource.attributes("create", self.namespace)

    @property
    def is_generated(self) -> bool:
        """Whether its name was chosen here."""
        return not metadata_of(self.document.value).get("name") and bool(self.name)

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What no two objects share: group, kind, namespace and name."""
        return self.resource.group, self.resource.kind, self.namespace, self.name


def flatten_lists(documents: Sequence[Document]) -> list[tuple[Document, bool]]:
    """The documents with the items in place of each List, as kubectl reads whatever has `items`; whether it is one."""
    found: list[tuple[Document, bool]] = []
    waiting = [(document, False) for document in reversed(documents)]
    while waiting:
        document, is_item = waiting.pop()
        items = document.value.get("items") if isinstance(document.value, Mapping) else None
        if not isinstance(items, list):
            found.append((document, is_item))
            continue
        waiting += [(item, True) for item in reversed(list(_split_items(document, items)))]
    return found


def read_objects(
    documents: Sequence[Document], catalog: Catalog, *, namespace: str, token: str
) -> tuple[list[NewObject], list[Violation]]:
    """The objects in the order in which they are created, and what is wrong at which line.

    `namespace` is for namespaced objects that name none, `token` what generated names are chosen by.
    """
    flat = flatten_lists(documents)
    violations = [
        Violation(one.message, one.line) for each in documents for one in each.remarks if one.is_error
    ]
    if len(flat) > MOST_OBJECTS:
        message = _("These are %(n)d objects. At most %(limit)d are created at once.")
        line = flat[MOST_OBJECTS][0].line
        return [], [Violation(message % {"n": len(flat), "limit": MOST_OBJECTS}, line)]
    defined = dict(_list_defined([document for document, _is_item in flat]))
    objects: list[NewObject] = []
    for position, (document, is_item) in enumerate(flat):
        wrong = list(_check(document))
        violations += wrong
        if wrong:
            continue
        resource, is_served = _find_resource(document, catalog, defined)
        if resource is None:
            violations.append(_describe_unserved(document))
            continue
        built = _build(position, document, resource, namespace, token)
        objects.append(replace(built, is_served=is_served, is_item=is_item))
    objects = [replace(one, waits_for=_find_needed(one, objects)) for one in objects]
    violations += _find_duplicates(objects)
    return sorted(objects, key=lambda one: (find_position(one.resource.kind), one.position)), violations


def _split_items(document: Document, items: Sequence[Any]) -> Iterator[Document]:
    """Each item with its lines. An item that names no kind has that of its typed list, as `PodList` says Pod."""
    lines: dict[str, dict[tuple[str, ...], int]] = {}
    for path, line in document.lines.items():
        if len(path) > 1 and path[0] == "items":
            lines.setdefault(path[1], {})[path[2:]] = line
    kind = str(document.value.get("kind") or "").removesuffix("List")
    around = {"apiVersion": document.value.get("apiVersion"), "kind": kind}
    for index, item in enumerate(items):
        is_untyped = isinstance(item, Mapping) and not (item.get("kind") or item.get("apiVersion"))
        value = {**around, **item} if kind and is_untyped else item
        yield Document(value, document.find_line(("items", str(index))), lines.get(str(index), {}))


def _check(document: Document) -> Iterator[Violation]:
    """What keeps an object from being sent to anywhere."""
    value = document.value
    if not isinstance(value, Mapping):
        yield Violation(_("This is no object: an object has apiVersion, kind and metadata."), document.line)
        return
    for key in ("apiVersion", "kind"):
        if not isinstance(value.get(key), str) or not value[key]:
            yield Violation(_("%(field)s is missing.") % {"field": key}, document.find_line((key,)), key)
    if not isinstance(value.get("metadata"), Mapping):
        yield Violation(_("metadata is missing."), document.find_line(("metadata",)), "metadata")
        return
    for key in ("name", "generateName", "namespace"):
        written = value["metadata"].get(key)
        if written is not None and not isinstance(written, str):
            line = document.find_line(("metadata", key))
            yield Violation(_("This is no text: quote it."), line, f"metadata.{key}")


def _list_defined(documents: Sequence[Document]) -> Iterator[tuple[tuple[str, str], Resource]]:
    """The resources that the CustomResourceDefinitions among them will serve, by apiVersion and kind."""
    for document in documents:
        value = document.value
        if not isinstance(value, Mapping) or value.get("kind") != DEFINITION:
            continue
        spec = value.get("spec")
        if not isinstance(spec, Mapping):
            continue
        names, versions = spec.get("names"), spec.get("versions")
        if not isinstance(names, Mapping) or not isinstance(versions, list):
            continue
        for version in versions:
            if not isinstance(version, Mapping) or version.get("served") is not True:
                continue
            resource = Resource(
                str(spec.get("group") or ""),
                str(version.get("name") or ""),
                str(names.get("plural") or ""),
                str(names.get("kind") or ""),
                namespaced=spec.get("scope") == "Namespaced",
                verbs=frozenset({"create"}),
                preferred=True,
            )
            yield (resource.api_version, resource.kind), resource


def _find_resource(
    document: Document, catalog: Catalog, defined: Mapping[tuple[str, str], Resource]
) -> tuple[Resource | None, bool]:
    api_version, kind = document.value["apiVersion"], document.value["kind"]
    found = catalog.kind(api_version, kind)
    if found is not None and found.api_version == api_version and "create" in found.verbs:
        return found, True
    return defined.get((api_version, kind)), False


def _describe_unserved(document: Document) -> Violation:
    words = {"version": document.value["apiVersion"], "kind": document.value["kind"]}
    message = _("This cluster serves no %(kind)s of %(version)s that can be created.") % words
    return Violation(message, document.find_line(("kind",)), "kind")


def _build(position: int, document: Document, resource: Resource, namespace: str, token: str) -> NewObject:
    metadata = dict(metadata_of(document.value))
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = choose_name(metadata["generateName"], token, position)
    if resource.namespaced:
        metadata["namespace"] = metadata.get("namespace") or namespace
    value = {**document.value, "metadata": metadata}
    where = metadata["namespace"] if resource.namespaced else ""
    return NewObject(position, document, resource, where, metadata.get("name") or "", value)


def _find_needed(one: NewObject, objects: Sequence[NewObject]) -> tuple[int, ...]:
    return tuple(
        other.position
        for other in objects
        if (one.namespace and other.identity == ("", "Namespace", "", one.namespace))
        or (not one.is_served and _defines(other, one.resource))
    )


def _defines(definition: NewObject, resource: Resource) -> bool:
    return definition.resource.kind == DEFINITION and definition.name == f"{resource.plural}.{resource.group}"


def _find_duplicates(objects: Sequence[NewObject]) -> Iterator[Violation]:
    seen: dict[tuple[str, str, str, str], NewObject] = {}
    for one in objects:
        first = seen.setdefault(one.identity, one)
        if first is not one and one.name:
            message = _("The same object is in line %(n)d already.") % {"n": first.document.line}
            yield Violation(message, one.document.find_line(("metadata", "name")), "metadata.name")
