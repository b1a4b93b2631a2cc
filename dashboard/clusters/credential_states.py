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
    """`word` is one of none, unreadable, ended, ending, good."""

    credential: Credential | None
    word: str

    @property
    def is_usable(self) -> bool:
        return self.word in ("ending", "good")


@dataclass(frozen=True)
class ClusterAccess:
    """One row of a person's clusters; `shared` is the state of a team's credential."""

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
    """Is it there, can it be opened, and how long will it last?"""
    if credential is None:
        return CredentialStatus(None, "none")
    try:
        identity_of(credential)
    except SealBroken:
        return CredentialStatus(credential, "unreadable")
    return update_status(CredentialStatus(credential, "good"))


def update_status(state: CredentialStatus) -> CredentialStatus:
    """The same credential at this moment: a page that stays open sees it end."""
    if state.credential is None or not state.is_usable or state.credential.expires_at is None:
        return state
    left = state.credential.expires_at - timezone.now()
    if left <= timedelta(0):
        return CredentialStatus(state.credential, "ended")
    return CredentialStatus(state.credential, "ending" if left <= WARN else "good")
