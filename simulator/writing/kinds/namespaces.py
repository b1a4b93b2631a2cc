"""What is special of a Namespace? Its own finalizer, its phase, and the label that names it."""

from simulator.cluster import Cluster
from simulator.schemas.resources import Object, Resource
from simulator.writing.options import WriteOptions

NAME_LABEL = "kubernetes.io/metadata.name"


def admit(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    metadata = thing["metadata"]
    if metadata.get("name"):
        metadata["labels"] = dict(metadata.get("labels") or {}) | {NAME_LABEL: metadata["name"]}
    if was is None:
        thing["spec"] = {"finalizers": ["kubernetes"]}
        thing["status"] = {"phase": "Active"}
    elif options.subresource != "finalize":
        thing["spec"] = was.get("spec", {})
