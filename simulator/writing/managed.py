"""Who manages which field? managedFields as server-side apply keeps them."""

from __future__ import annotations

from simulator.cluster import Cluster
from simulator.schemas.resources import Object, Resource
from simulator.writing.options import WriteOptions


def after_update(
    cluster: Cluster, resource: Resource, was: Object | None, new: Object, options: WriteOptions
) -> Object:
    return new


def without_times(thing: Object) -> Object:
    """For a comparison: the times of managedFields say nothing."""
    fields = thing["metadata"].get("managedFields")
    if not fields:
        return thing
    bare = [{key: value for key, value in one.items() if key != "time"} for one in fields]
    return thing | {"metadata": thing["metadata"] | {"managedFields": bare}}
