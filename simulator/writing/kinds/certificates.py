"""Admission of CertificateSigningRequests: the requester is whoever writes it; the request is immutable."""

from __future__ import annotations

from simulator.cluster import Cluster
from simulator.schemas.resources import Object, Resource
from simulator.writing.options import WriteOptions


def admit(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    if was is not None:
        thing["spec"] = was["spec"]
        return
    spec = thing.setdefault("spec", {})
    for key in ("username", "uid", "groups", "extra"):
        spec.pop(key, None)
    spec |= options.user.json()
