"""Credential store: seals credentials into their rows, opens and removes them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from clusters.api.connection import Identity, Server
from clusters.audit_details import draft_credential_entry
from clusters.credentials.binding import Destination, build_binding, destination_of, read_binding
from clusters.credentials.invalidation import invalidate_credential
from clusters.credentials.sealing import SealBroken, open_sealed, seal
from clusters.credentials.suspension import CredentialSuspended, check_not_suspended
from clusters.credentials.unreadable import note_unreadable
from clusters.credentials.verification import WhoAmI
from clusters.models import Cluster, Credential, CredentialKind
from people.audit.changes import audited_change
from people.audit.record import record
from people.models import Team, User


@dataclass(frozen=True)
class Owner:
    """Whose credential it is: a person's, or a team's. Exactly one is set."""

    user: User | None = None
    team: Team | None = None


def server_of(cluster: Cluster) -> Server:
    """Where this cluster is and how it is verified, as `clusters.api` takes it."""
    return Server(
        url=cluster.server,
        ca=cluster.ca,
        system_cas=cluster.system_cas,
        tls_server_name=cluster.tls_server_name,
        verify=cluster.verify_tls,
        proxy_url=cluster.proxy_url,
    )


def identity_of(credential: Credential) -> Identity:
    """Open the sealed value; CredentialSuspended before that where it may not be used, SealBroken where it cannot be
    opened or is none of ours, which is recorded."""
    try:
        check_not_suspended(credential)
        return read_identity(credential)
    except CredentialSuspended:
        raise
    except SealBroken as error:
        note_unreadable(credential, error)
        raise


def read_identity(credential: Credential) -> Identity:
    """What is sealed, whether it may be sent or not: for sealing it again. Raises SealBroken."""
    try:
        held = json.loads(open_sealed(bytes(credential.sealed), context=context_of(credential)))
        texts = [held[part] for part in ("token", "certificate", "key")]
    except (ValueError, KeyError, TypeError) as wrong:
        raise SealBroken("The encrypted value is not a credential.") from wrong
    if not all(isinstance(text, str) for text in texts):
        raise SealBroken("The encrypted value is not a credential.")
    return Identity(*texts)


def context_of(credential: Credential) -> str:
    """What the sealed value is authenticated with. Raises SealBroken."""
    return read_binding(credential).context


def store(credential: Credential, identity: Identity, added_by: User | None = None) -> None:
    """Seal the identity into a row that has its number already, for where its cluster is now; it may be used from now
    on."""
    seal_for(credential, identity, destination_of(credential.cluster), added_by.pk if added_by else None)
    credential.suspended_at, credential.suspended_by = None, ""
    credential.save(update_fields=["sealed", "binding", "kind", "suspended_at", "suspended_by", "updated_at"])


def seal_for(
    credential: Credential, identity: Identity, destination: Destination, added_by: int | None
) -> None:
    """Fill in the sealed value and its binding; the caller saves the row."""
    binding = build_binding(credential, destination, added_by)
    held = {"token": identity.token, "certificate": identity.certificate, "key": identity.key}
    credential.sealed = seal(json.dumps(held).encode(), context=binding.context)
    credential.binding = binding.to_json()
    credential.kind = CredentialKind.CERTIFICATE if identity.certificate else CredentialKind.TOKEN


@audited_change()
def save_credential(
    cluster: Cluster,
    owner: Owner,
    identity: Identity,
    who: WhoAmI,
    *,
    namespace: str = "",
    read_only: bool = True,
    actor: User | None = None,
) -> Credential:
    """Store what this cluster accepted at its present address, in place of the one that this owner had there.

    `actor` is the person who does it; without one it is the operator on the machine.
    """
    fields = {
        "identity": who.username,
        "groups": list(who.groups),
        "namespace": namespace or who.namespace,
        "read_only": read_only,
        "expires_at": who.expires_at,
    }
    credential, _made = Credential.objects.select_for_update().update_or_create(
        cluster=cluster,
        user=owner.user,
        team=owner.team,
        defaults=fields,
        create_defaults={**fields, "sealed": b""},
    )
    credential.cluster = cluster
    store(credential, identity, actor)
    invalidate_credential(credential)
    record(draft_credential_entry(actor, "credential-set", credential))
    return credential


@audited_change()
def remove(credential: Credential, actor: User | None) -> None:
    """Delete a credential; what stood on it ends."""
    invalidate_credential(credential)
    record(draft_credential_entry(actor, "credential-remove", credential))
    credential.delete()
