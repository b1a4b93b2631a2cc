"""Credential states: role and credential status of a user for each visible cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from clusters.credentials.sealing import SealBroken
from clusters.credentials.store import identity_of
from clusters.credentials.suspension import CredentialSuspended, Suspension
from clusters.gateway.team_credentials import role_with, team_credentials, team_roles
from clusters.models import Cluster, Credential
from clusters.sharing import roles, visible_clusters
from dashboard.clusters.suspensions import build_suspension_notice
from dashboard.pieces.notice import Notice
from people.models import TeamRole, User

WARN = timedelta(days=7)


@dataclass(frozen=True)
class CredentialStatus:
    """`word` is one of none, suspended, unreadable, expired, expiring, good; `suspension` says why it is suspended."""

    credential: Credential | None
    word: str
    suspension: Suspension | None = None

    @property
    def is_usable(self) -> bool:
        return self.word in ("expiring", "good")

    @property
    def suspension_notice(self) -> Notice | None:
        """Why it is suspended; the button that ends that is the page's."""
        if self.credential is None or self.suspension is None:
            return None
        return build_suspension_notice(self.credential, self.suspension)

    @property
    def is_confirmable(self) -> bool:
        """Whether it waits for nothing but a yes."""
        return self.suspension is not None and self.suspension.is_moved


@dataclass(frozen=True)
class ClusterAccess:
    """One row of a person's clusters; `shared` is the status of a team's credential, `role` that of the active one."""

    cluster: Cluster
    role: TeamRole
    own: CredentialStatus
    shared: CredentialStatus

    @property
    def active_credential(self) -> CredentialStatus:
        return self.own if self.own.credential else self.shared


def list_cluster_access(user: User) -> list[ClusterAccess]:
    """All clusters that the person sees, by name."""
    own = {one.cluster_id: one for one in Credential.objects.filter(user=user).select_related("cluster")}
    role, roles_by_team = roles(user), team_roles(user)
    shared = team_credentials(user, roles_by_team)

    def held_role(cluster: Cluster) -> TeamRole:
        strongest = role.get(cluster.pk, TeamRole.VIEWER)
        credential = own.get(cluster.pk) or shared.get(cluster.pk)
        return role_with(credential, strongest, roles_by_team) if credential else strongest

    return [
        ClusterAccess(
            cluster,
            held_role(cluster),
            credential_status(own.get(cluster.pk)),
            credential_status(shared.get(cluster.pk)),
        )
        for cluster in visible_clusters(user)
    ]


def credential_status(credential: Credential | None) -> CredentialStatus:
    """Whether it is there, may be used and can be decrypted, and how long it will last."""
    if credential is None:
        return CredentialStatus(None, "none")
    try:
        identity_of(credential)
    except CredentialSuspended as waiting:
        return CredentialStatus(credential, "suspended", waiting.suspension)
    except SealBroken:
        return CredentialStatus(credential, "unreadable")
    return update_status(CredentialStatus(credential, "good"))


def update_status(status: CredentialStatus) -> CredentialStatus:
    """The same credential at this moment: a page that stays open sees it expire."""
    if status.credential is None or not status.is_usable or status.credential.expires_at is None:
        return status
    left = status.credential.expires_at - timezone.now()
    if left <= timedelta(0):
        return CredentialStatus(status.credential, "expired")
    return CredentialStatus(status.credential, "expiring" if left <= WARN else "good")
