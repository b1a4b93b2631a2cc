"""How do clusters, shares and credentials stand in the audit trail? As text and number, and nothing that is secret."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clusters.models import Cluster, ClusterRequest, Credential
from people.audit.fact import Fact, by, by_program
from people.models import Team, User

PROGRAM = "manage.py"
TOLD = ("name", "slug", "server", "verify_tls", "system_cas", "tls_server_name", "protected", "colour")


def on_cluster(actor: User | None, verb: str, cluster: Cluster, **more: Any) -> Fact:
    """What `actor`, or without one the operator on the machine, did to a cluster as Quarterdeck knows it."""
    fields = {"cluster_id": cluster.pk, "cluster": cluster.slug, "subject": f"cluster {cluster.slug}", **more}
    return by(actor, verb, **fields) if actor else by_program(PROGRAM, verb, **fields)


def on_share(actor: User | None, verb: str, cluster: Cluster, team: Team) -> Fact:
    return on_cluster(actor, verb, cluster, subject=f"team {team.slug}")


def on_credential(actor: User | None, verb: str, credential: Credential) -> Fact:
    """Whose it is, for whom the cluster takes it and until when."""
    owner = f"team {credential.team.slug}" if credential.team else f"person {_name_of(credential)}"
    return on_cluster(
        actor,
        verb,
        credential.cluster,
        subject=owner,
        credential_id=credential.pk,
        credential=words(credential),
        identity=credential.identity,
        namespace=credential.namespace,
        detail={
            "kind": credential.kind,
            "read only": credential.read_only,
            "until": credential.expires_at.isoformat() if credential.expires_at else None,
            "groups": list(credential.groups),
        },
    )


def acting(user: User, role: str, cluster: Cluster, credential: Credential) -> Fact:
    """Who asks a cluster for something, with what; the verb and the thing are filled in by whoever asks."""
    return by(
        user,
        "",
        role=role,
        cluster_id=cluster.pk,
        cluster=cluster.slug,
        credential_id=credential.pk,
        credential=words(credential),
        identity=credential.identity,
    )


def on_request(actor: User, verb: str, asked: ClusterRequest, **detail: Any) -> Fact:
    """A wish for a cluster, and what was said to it."""
    known = {"name": asked.name, "server": asked.server, **detail}
    return by(actor, verb, subject=f"request {asked.pk} of {asked.user.username}", detail=known)


def words(credential: Credential) -> str:
    """`own token`, `team shop: certificate`."""
    return f"team {credential.team.slug}: {credential.kind}" if credential.team else f"own {credential.kind}"


def settings_of(cluster: Cluster) -> dict[str, Any]:
    """Where it is and how it is verified; the proxy's address, in which a password may be, is not among it."""
    return {name: getattr(cluster, name) for name in TOLD}


def changes(before: Cluster, after: Cluster, names: Iterable[str]) -> dict[str, Any]:
    """The fields that changed; from what to what where that is short and no secret."""
    return {
        name: [getattr(before, name), getattr(after, name)] if name in TOLD else "changed" for name in names
    }


def _name_of(credential: Credential) -> str:
    return credential.user.username if credential.user else ""
