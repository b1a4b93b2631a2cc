"""Credential store: seals credentials into their rows, opens and removes them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from clusters.api.connection import Identity, Server
from clusters.audit_details import draft_credential_entry
from clusters.credentials.invalidation import invalidate_credential
from clusters.credentials.sealing import SealBroken, open_sealed, seal
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
    """Open the sealed value; `SealBroken` where it cannot be opened or is none of ours."""
    try:
        held = json.loads(open_sealed(bytes(credential.sealed), context=context_of(credential)))
        texts = [held[part] for part in ("token", "certificate", "key")]
    except (ValueError, KeyError, TypeError) as wrong:
        raise SealBroken("The encrypted value is not a credential.") from wrong
    if not all(isinstance(text, str) for text in texts):
        raise SealBroken("The encrypted value is not a credential.")
    return Identity(*texts)


def store(credential: Credential, identity: Identity) -> None:
    """Seal the identity into a row that has its number already."""
    held = {"token": identity.token, "certificate": identity.certificate, "key": identity.key}
    credential.sealed = seal(json.dumps(held).encode(), context=context_of(credential))
    credential.kind = CredentialKind.CERTIFICATE if identity.certificate else CredentialKind.TOKEN
    credential.save(update_fields=["sealed", "kind", "updated_at"])


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
    """Store what the cluster accepted, in place of the one that this owner had there.

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
    store(credential, identity)
    invalidate_credential(credential)
    record(draft_credential_entry(actor, "credential-set", credential))
    return credential


@audited_change()
def remove(credential: Credential, actor: User | None) -> None:
    """Delete a credential; what stood on it ends."""
    invalidate_credential(credential)
    record(draft_credential_entry(actor, "credential-remove", credential))
    credential.delete()


def context_of(credential: Credential) -> str:
    """What the sealed value is bound to."""
    if credential.pk is None:
        raise ValueError("A credential is sealed to its row, so the row comes first.")
    return f"credential:{credential.pk}"
