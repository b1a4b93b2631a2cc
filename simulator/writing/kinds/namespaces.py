"""Admission of Namespaces: finalizer and phase."""

from simulator.cluster import Cluster
from simulator.schemas.resources import Object, Resource
from simulator.writing.options import WriteOptions


def admit(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    if was is None:
        thing["spec"] = {"finalizers": ["kubernetes"]}
        thing["status"] = {"phase": "Active"}
    elif options.subresource != "finalize":
        thing["spec"] = was.get("spec", {})
