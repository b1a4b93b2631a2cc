"""Admission and validation of CustomResourceDefinitions: finalizer, name, schema."""

from __future__ import annotations

import json
from collections.abc import Iterator

from simulator.cluster import Cluster
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object, Resource
from simulator.writing.names import bad_value, required_value
from simulator.writing.options import WriteOptions

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


def admit(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    if was is None:
        finalizers = thing["metadata"].get("finalizers") or []
        thing["metadata"]["finalizers"] = [*[one for one in finalizers if one != CLEANUP], CLEANUP]


def causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    names = spec.get("names") or {}
    name = thing["metadata"].get("name", "")
    if name != f"{names.get('plural', '')}.{spec.get('group', '')}":
        yield bad_value("metadata.name", f'"{name}"', 'must be spec.names.plural+"."+spec.group')
    if not spec.get("group"):
        yield required_value("spec.group")
    scope = spec.get("scope")
    if not scope:
        yield required_value("spec.scope")
    elif scope not in ("Cluster", "Namespaced"):
        message = f'Unsupported value: "{scope}": supported values: "Cluster", "Namespaced"'
        yield Cause("FieldValueNotSupported", message, "spec.scope")
    yield from _version_causes(spec.get("versions") or [])
    for key in ("plural", "singular", "kind", "listKind"):
        if not names.get(key):
            yield required_value(f"spec.names.{key}")
    if not spec.get("versions") and was is None:
        yield bad_value("status.storedVersions", "null", "must have at least one stored version")


def _version_causes(versions: list[Object]) -> Iterator[Cause]:
    if sum(bool(one.get("storage")) for one in versions) != 1:
        shown = json.dumps([one.get("name") for one in versions]) if versions else "null"
        yield bad_value("spec.versions", shown, "must have exactly one version marked as storage version")
    for number, version in enumerate(versions):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            yield required_value(f"spec.versions[{number}].schema.openAPIV3Schema")
