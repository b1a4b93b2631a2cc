"""Credential states: role and credential status of a user for each visible cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from clusters.credentials.sealing import SealBroken
from clusters.credentials.store import identity_of
from clusters.models import Cluster, Credential
from clusters.sharing import roles, team_credentials, visible_clusters
from people.models import TeamRole, User

WARN = timedelta(days=7)


@dataclass(frozen=True)
class CredentialStatus:
    """`word` is one of none, unreadable, expired, expiring, good."""

    credential: Credential | None
    word: str

    @property
    def is_usable(self) -> bool:
        return self.word in ("expiring", "good")


@dataclass(frozen=True)
class ClusterAccess:
    """One row of a person's clusters; `shared` is the status of a team's credential."""

    cluster: Cluster
    role: TeamRole
    own: CredentialStatus
    shared: CredentialStatus

    @property
    def active_credential(self) -> CredentialStatus:
        return self.own if self.own.credential else self.shared


def list_cluster_access(user: User) -> list[ClusterAccess]:
    """All clusters that the person sees, by name."""
    own = {one.cluster_id: one for one in Credential.objects.filter(user=user)}
    shared, role = team_credentials(user), roles(user)
    return [
        ClusterAccess(
            cluster,
            role.get(cluster.pk, TeamRole.VIEWER),
            credential_status(own.get(cluster.pk)),
            credential_status(shared.get(cluster.pk)),
        )
        for cluster in visible_clusters(user)
    ]


def credential_status(credential: Credential | None) -> CredentialStatus:
    """Whether it is there and can be decrypted, and how long it will last."""
    if credential is None:
        return CredentialStatus(None, "none")
    try:
        identity_of(credential)
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
