"""Credential binding: what a sealed credential is for, whose it is, and where it may be sent.

The binding stands beside the sealed value and is authenticated with it (`sealing`), so the value can only be opened
as what it was sealed for: this row, this cluster, this owner, this address and this way of verifying it. Where the
cluster's settings are others than those of the binding, the credential is suspended until its owner says yes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import NoneType
from typing import Any

from clusters.credentials.certificate import bundle_key
from clusters.credentials.errors import BadCredential
from clusters.credentials.sealing import SealBroken
from clusters.credentials.server import checked_server
from clusters.models import Cluster, Credential


@dataclass(frozen=True)
class Destination:
    """Where a credential is sent and how the other side is verified; `server` is normalized, `ca` is PEM."""

    server: str
    ca: str
    system_cas: bool
    tls_server_name: str
    verify_tls: bool
    proxy_url: str

    def is_same(self, other: Destination) -> bool:
        """Whether a secret goes to the same place; authorities count as a set, however they are written."""
        return self == other or self._comparable() == other._comparable()

    @property
    def digest(self) -> str:
        """Names it on a form: what is confirmed is what was shown."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def _comparable(self) -> tuple[object, ...]:
        return (
            self.server,
            _authorities(self.ca),
            self.system_cas,
            self.tls_server_name,
            self.verify_tls,
            self.proxy_url,
        )


@dataclass(frozen=True)
class Binding:
    """What a credential was sealed for. `added_by` is the ID of the person who brought it, None where unknown."""

    credential: int
    cluster: int
    user: int | None
    team: int | None
    added_by: int | None
    destination: Destination

    def to_json(self) -> dict[str, Any]:
        """As it is stored, and as JSON databases give it back."""
        return asdict(self)

    @property
    def context(self) -> str:
        """What is authenticated together with the sealed value; the same whatever order the keys are stored in."""
        return json.dumps(self.to_json(), sort_keys=True)


TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "int | None": (int, NoneType),
    "Destination": (Destination,),
}


def destination_of(cluster: Cluster) -> Destination:
    """Where this cluster is now."""
    return Destination(
        server=_normalized(cluster.server),
        ca=cluster.ca,
        system_cas=cluster.system_cas,
        tls_server_name=cluster.tls_server_name,
        verify_tls=cluster.verify_tls,
        proxy_url=cluster.proxy_url,
    )


def build_binding(credential: Credential, destination: Destination, added_by: int | None = None) -> Binding:
    """The binding of a row that has its number already."""
    if credential.pk is None:
        raise ValueError("A credential is sealed to its row, so the row comes first.")
    return Binding(
        credential=credential.pk,
        cluster=credential.cluster_id,
        user=credential.user_id,
        team=credential.team_id,
        added_by=added_by,
        destination=destination,
    )


def read_binding(credential: Credential) -> Binding:
    """The stored binding; SealBroken where it is none, or another row's, user's, team's or cluster's.

    It may still be forged: only opening the sealed value proves it.
    """
    stored = credential.binding
    try:
        destination: Destination = _read(Destination, stored["destination"])
        found: Binding = _read(Binding, {**stored, "destination": destination})
    except (KeyError, TypeError) as wrong:
        raise SealBroken("The credential is not bound to a destination.") from wrong
    if found != build_binding(credential, destination, found.added_by):
        raise SealBroken("The encrypted value was altered, or belongs to another row.")
    return found


def _read(kind: Any, stored: Any) -> Any:
    """Exactly the fields of this dataclass, in their types; TypeError where anything else stands there."""
    if not isinstance(stored, Mapping) or set(stored) != {one.name for one in fields(kind)}:
        raise TypeError("other fields")
    if not all(type(stored[one.name]) in TYPES[str(one.type)] for one in fields(kind)):
        raise TypeError("other types")
    return kind(**stored)


def _normalized(server: str) -> str:
    try:
        return checked_server(server)
    except BadCredential:
        return server


def _authorities(ca: str) -> object:
    try:
        return bundle_key(ca)
    except BadCredential:
        return ca
