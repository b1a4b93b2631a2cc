"""What is special of a kind when it is written? One file for each; the tables are here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simulator.cluster import Cluster
from simulator.printing.custom import found_at
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object, Resource
from simulator.writing.kinds import definitions, namespaces
from simulator.writing.options import WriteOptions

Admit = Callable[[Cluster, Resource, Object, Object | None, WriteOptions], None]
Causes = Callable[[Cluster, Object, Object | None], Iterator[Cause]]

# Fill in and refuse before validation, in this order: (cluster, resource, new, old or None, options)
ADMISSION: dict[tuple[str, str], tuple[Admit, ...]] = {
    ("", "namespaces"): (namespaces.admit,),
    ("apiextensions.k8s.io", "customresourcedefinitions"): (definitions.admit,),
}

# What validation says beyond the schema: (cluster, new, old or None)
CAUSES: dict[tuple[str, str], Causes] = {
    ("apiextensions.k8s.io", "customresourcedefinitions"): definitions.causes,
}


def admit(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    """Changes the object in place; raises Refusals."""
    for one in ADMISSION.get((resource.group, resource.plural), ()):
        one(cluster, resource, thing, was, options)


def causes(cluster: Cluster, resource: Resource, thing: Object, was: Object | None) -> Iterator[Cause]:
    found = CAUSES.get((resource.group, resource.plural))
    if found is not None:
        yield from found(cluster, thing, was)


def custom_scale_causes(resource: Resource, thing: Object) -> Iterator[Cause]:
    """A custom kind with the scale subresource has a count there."""
    scale = (resource.custom_version.get("subresources") or {}).get("scale")
    if not scale:
        return
    path = scale["specReplicasPath"]
    values = found_at(path, thing)
    if values and isinstance(values[0], int) and values[0] < 0:
        message = f"Invalid value: {values[0]}: should be a non-negative integer"
        yield Cause("FieldValueInvalid", message, path)
