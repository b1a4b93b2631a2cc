"""What is special of a CustomResourceDefinition? Its finalizer, its name, its schema."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.cluster import Cluster
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object, Resource
from simulator.writing.names import bad_value, required
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
    wanted = f"{names.get('plural', '')}.{spec.get('group', '')}"
    name = thing["metadata"].get("name", "")
    if name != wanted:
        why = 'must be spec.names.plural+"."+spec.group'
        yield bad_value("metadata.name", f'"{name}"', why)
    versions = spec.get("versions") or []
    if versions and sum(bool(one.get("storage")) for one in versions) != 1:
        why = "must have exactly one version marked as storage version"
        yield bad_value("spec.versions", str(len(versions)), why)
    for number, version in enumerate(versions):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            yield required(f"spec.versions[{number}].schema.openAPIV3Schema", "schemas are required")
