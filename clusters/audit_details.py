"""Audit details: drafts of audit entries about clusters, shares, credentials and requests; no secrets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from clusters.api.resource_attributes import ResourceAttributes
from clusters.models import Cluster, ClusterRequest, Credential
from people.audit.draft import AuditDraft, draft_for_program, draft_for_user
from people.audit.models import AuditEntry
from people.models import Team, User

PROGRAM = "manage.py"
MAX_EDITS = 100  # edits that are looked through
RECORDED_FIELDS = (
    "name",
    "slug",
    "server",
    "verify_tls",
    "system_cas",
    "tls_server_name",
    "protected",
    "name_lifters",
    "color",
)


def draft_cluster_entry(actor: User | None, verb: str, cluster: Cluster, **more: Any) -> AuditDraft:
    """What `actor`, or without one the operator on the machine, did to a cluster as Quarterdeck knows it."""
    fields = {"cluster_id": cluster.pk, "cluster": cluster.slug, "target": f"cluster {cluster.slug}", **more}
    return draft_for_user(actor, verb, **fields) if actor else draft_for_program(PROGRAM, verb, **fields)


def find_last_edit(cluster: Cluster, changed: Collection[str], since: datetime) -> AuditEntry | None:
    """The audit entry of the last edit that changed one of these settings since then, also under an earlier ID of the
    cluster; None where the audit trail names no edit of one of them."""
    edits = AuditEntry.objects.filter(cluster_id=cluster.pk, verb="cluster-edit", at__gte=since)
    found = [one for one in edits.order_by("-sequence")[:MAX_EDITS] if set(one.detail) & set(changed)]
    is_explained = set(changed) <= {name for one in found for name in one.detail}
    return found[0] if found and is_explained else None


def draft_share_entry(actor: User | None, verb: str, cluster: Cluster, team: Team) -> AuditDraft:
    return draft_cluster_entry(actor, verb, cluster, target=f"team {team.slug}")


def draft_credential_entry(actor: User | None, verb: str, credential: Credential) -> AuditDraft:
    """Whose it is, for whom the cluster takes it and until when."""
    owner = f"team {credential.team.slug}" if credential.team else f"person {_name_of(credential)}"
    return draft_cluster_entry(
        actor,
        verb,
        credential.cluster,
        target=owner,
        credential_id=credential.pk,
        credential=describe_credential(credential),
        identity=credential.identity,
        namespace=credential.namespace,
        detail={
            "kind": credential.kind,
            "read only": credential.read_only,
            "until": credential.expires_at.isoformat() if credential.expires_at else None,
            "groups": list(credential.groups),
        },
    )


def draft_session_entry(user: User, role: str, cluster: Cluster, credential: Credential) -> AuditDraft:
    """Who sends a request to a cluster, with what; the caller fills in the verb and the resource."""
    return draft_for_user(
        user,
        "",
        role=role,
        cluster_id=cluster.pk,
        cluster=cluster.slug,
        credential_id=credential.pk,
        credential=describe_credential(credential),
        identity=credential.identity,
    )


def add_attributes(draft: AuditDraft, attributes: ResourceAttributes) -> AuditDraft:
    """The draft, about a request with these attributes: an audit entry has a column for each, of the same name."""
    return replace(draft, **asdict(attributes))


def draft_request_entry(actor: User, verb: str, cluster_request: ClusterRequest, **detail: Any) -> AuditDraft:
    """A request for a cluster, and its decision."""
    known = {"name": cluster_request.name, "server": cluster_request.server, **detail}
    return draft_for_user(
        actor, verb, target=f"request {cluster_request.pk} of {cluster_request.user.username}", detail=known
    )


def describe_credential(credential: Credential) -> str:
    """`own token`, `team shop: certificate`."""
    return f"team {credential.team.slug}: {credential.kind}" if credential.team else f"own {credential.kind}"


def settings_of(cluster: Cluster) -> dict[str, Any]:
    """Where it is and how it is verified; the proxy's address, in which a password may be, is not among it."""
    return {name: getattr(cluster, name) for name in RECORDED_FIELDS}


def changes(before: Cluster, after: Cluster, names: Iterable[str]) -> dict[str, Any]:
    """The fields that changed; from what to what where that is short and no secret."""
    return {
        name: [getattr(before, name), getattr(after, name)] if name in RECORDED_FIELDS else "changed"
        for name in names
    }


def _name_of(credential: Credential) -> str:
    return credential.user.username if credential.user else ""
