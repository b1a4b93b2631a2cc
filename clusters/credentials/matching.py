"""Cluster matching: finds the cluster of a kubeconfig context by normalized server and authority."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from clusters.credentials.certificate import bundle_key
from clusters.credentials.errors import BadCredential
from clusters.credentials.kubeconfig import Context
from clusters.credentials.server import checked_server
from clusters.models import Cluster


@dataclass(frozen=True)
class Match:
    """`is_near`: a cluster has this address but another authority, so it is not treated as the same."""

    cluster: Cluster | None
    is_near: bool = False


def match(context: Context, clusters: Iterable[Cluster]) -> Match:
    """The cluster with the context's address and an authority in common (or none on both sides)."""
    same_address = [one for one in clusters if context.server and _address(one.server) == context.server]
    theirs = bundle_key(context.ca)
    for one in same_address:
        if has_common_authority(_authorities(one.ca), theirs):
            return Match(one)
    return Match(None, is_near=bool(same_address))


def has_common_authority(ours: frozenset[bytes], theirs: frozenset[bytes]) -> bool:
    """Whether two bundles (as `bundle_key` reads them) are of one cluster: one in common, or none on both sides."""
    return bool(ours & theirs) or not (ours or theirs)


def _address(server: str) -> str:
    try:
        return checked_server(server)
    except BadCredential:
        return ""


def _authorities(ca: str) -> frozenset[bytes]:
    try:
        return bundle_key(ca)
    except BadCredential:
        return frozenset({b"unreadable"})
