"""Admission of default classes: StorageClass of claims and IngressClass of Ingresses.

https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass and
https://kubernetes.io/docs/concepts/services-networking/ingress/#default-ingress-class
"""

from __future__ import annotations

from collections.abc import Collection

from simulator.cluster import Cluster
from simulator.schemas.resources import Object, Resource
from simulator.writing.options import WriteOptions

STORAGE = (
    ("storage.k8s.io", "storageclasses"),
    (
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
    ),
)
INGRESS = ("networking.k8s.io", "ingressclasses"), ("ingressclass.kubernetes.io/is-default-class",)
OLD_STORAGE, OLD_INGRESS = "volume.beta.kubernetes.io/storage-class", "kubernetes.io/ingress.class"


def admit_claim(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    if was is None and OLD_STORAGE not in _annotations(thing):
        _fill(thing, "storageClassName", _default(cluster, *STORAGE))


def admit_ingress(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    if was is None and OLD_INGRESS not in _annotations(thing):
        _fill(thing, "ingressClassName", _default(cluster, *INGRESS))


def _fill(thing: Object, field: str, name: str) -> None:
    spec = thing.setdefault("spec", {})
    if name and spec.get(field) is None:
        spec[field] = name


def _default(cluster: Cluster, storage: tuple[str, str], marks: Collection[str]) -> str:
    """The newest of several, and of equally old ones the first by name."""
    found = [
        one["metadata"]
        for one in cluster.store.items(storage)
        if any(_annotations(one).get(mark) == "true" for mark in marks)
    ]
    found.sort(key=lambda metadata: str(metadata["name"]))
    newest = max(found, key=lambda metadata: str(metadata["creationTimestamp"]), default={"name": ""})
    return str(newest["name"])


def _annotations(thing: Object) -> dict[str, str]:
    return thing["metadata"].get("annotations") or {}
