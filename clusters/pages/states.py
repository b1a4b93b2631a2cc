"""How does a person stand with a cluster? Role, credential, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from clusters.credentials.sealing import SealBroken
from clusters.credentials.stored import identity_of
from clusters.models import Cluster, Credential
from clusters.visible import roles, team_credentials, visible_clusters
from people.models import Role, User

WARN = timedelta(days=7)


@dataclass(frozen=True)
class CredentialState:
    """`word` is one of none, unreadable, ended, ending, good."""

    credential: Credential | None
    word: str

    @property
    def is_usable(self) -> bool:
        return self.word in ("ending", "good")


@dataclass(frozen=True)
class Standing:
    """One row of a person's clusters; `shared` is the state of a team's credential."""

    cluster: Cluster
    role: Role
    own: CredentialState
    shared: CredentialState

    @property
    def acting(self) -> CredentialState:
        return self.own if self.own.credential else self.shared


def standings(user: User) -> list[Standing]:
    """All clusters that the person sees, by name."""
    own = {one.cluster_id: one for one in Credential.objects.filter(user=user)}
    shared, role = team_credentials(user), roles(user)
    return [
        Standing(
            cluster,
            role.get(cluster.pk, Role.READER),
            credential_state(own.get(cluster.pk)),
            credential_state(shared.get(cluster.pk)),
        )
        for cluster in visible_clusters(user)
    ]


def credential_state(credential: Credential | None) -> CredentialState:
    """Is it there, can it be opened, and how long will it last?"""
    if credential is None:
        return CredentialState(None, "none")
    try:
        identity_of(credential)
    except SealBroken:
        return CredentialState(credential, "unreadable")
    return by_now(CredentialState(credential, "good"))


def by_now(state: CredentialState) -> CredentialState:
    """The same credential at this moment: a page that stays open sees it end."""
    if state.credential is None or not state.is_usable or state.credential.expires_at is None:
        return state
    left = state.credential.expires_at - timezone.now()
    if left <= timedelta(0):
        return CredentialState(state.credential, "ended")
    return CredentialState(state.credential, "ending" if left <= WARN else "good")
