"""The door: how does a person get to a cluster? The only way, and no view can forget what it checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from clusters import access, discovery
from clusters import namespaces as ladder
from clusters.access import Answer, Ask, Budget, review
from clusters.api.client import Client
from clusters.api.connection import Connection
from clusters.credentials.changed import fingerprint
from clusters.credentials.stored import identity_of, server_of
from clusters.discovery import Catalogue, Resource, catalogue, refresh
from clusters.models import Cluster, Credential
from clusters.visible import roles, team_credentials, visible_clusters
from clusters.watch.feed import Feed
from clusters.watch.hub import hub
from clusters.watch.single import ObjectContent
from clusters.watch.table import TableContent
from people.models import Role, User

READING = frozenset({"get", "list", "watch"})
REACHING_IN = frozenset({"exec", "attach", "portforward", "proxy"})


class NotShared(Exception):
    """This cluster is not there, or is shared with none of the person's teams: both look the same."""


class NoCredential(Exception):
    """The person has no credential for this cluster, and no team's may be used."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster.slug)
        self.cluster = cluster


@dataclass(frozen=True)
class Desk:
    """One person at one cluster: everything a view may ask for, under that person's credential and role."""

    user: User
    cluster: Cluster
    credential: Credential
    role: Role
    connection: Connection
    client: Client
    budget: Budget = field(default_factory=Budget)

    @property
    def may_see_secrets(self) -> bool:
        """Does the dashboard role leave Secret values to Kubernetes' own answer?"""
        return self.role == Role.OPERATOR

    @property
    def team(self) -> str:
        """The team whose shared credential is used, or nothing."""
        return self.credential.team.name if self.credential.team else ""

    def catalogue(self) -> Catalogue:
        return catalogue(self.client)

    def forget(self) -> None:
        """Drop what is kept of this credential's rights: at sign-out (a changed credential has another fingerprint)."""
        access.forget(self.connection.fingerprint)
        discovery.forget(self.connection.fingerprint)
        ladder.forget(self.connection.fingerprint)

    def find(self, slug: str) -> Resource | None:
        """The kind by its name in URLs; one that is not known is asked for anew: its CRD may have just been made."""
        return catalogue(self.client).find(slug) or refresh(self.client).find(slug)

    def may(self, asks: Sequence[Ask]) -> dict[Ask, Answer]:
        """What Kubernetes says to each, less what the dashboard role takes away."""
        taken = {ask: answer for ask in asks if (answer := self._taken(ask)) is not None}
        rest = [ask for ask in asks if ask not in taken]
        return {**review(self.connection, self.client, rest, self.budget), **taken}

    def namespaces(self) -> ladder.Namespaces:
        return ladder.namespaces(self.client, self.user, self.cluster, self.credential, self.catalogue())

    def remember(self, namespace: str) -> bool:
        """Prove a namespace with a real answer and keep its name; False where it is not there."""
        if not ladder.is_there(self.client, namespace):
            return False
        ladder.remember(self.user, self.cluster, namespace)
        return True

    def table(
        self, resource: Resource, namespace: str = "", label_selector: str = "", field_selector: str = ""
    ) -> Feed[TableContent]:
        """A list's feed; the caller gives it back with `hub.release`."""
        return hub.table(self.connection, resource, namespace, label_selector, field_selector)

    def object(self, resource: Resource, namespace: str, name: str) -> Feed[ObjectContent]:
        """An object's feed; the caller gives it back with `hub.release`."""
        return hub.object(self.connection, resource, namespace, name)

    def _taken(self, ask: Ask) -> Answer | None:
        if self.role == Role.OPERATOR:
            return None
        if ask.verb in READING and ask.subresource not in REACHING_IN:
            return None
        return Answer("denied", self._why(), "role")

    def _why(self) -> str:
        if self.user.is_auditor:
            return _("Auditors can change nothing.")
        if self.credential.team and self.credential.read_only:
            return _("The credential that team %(team)s shares here is for reading only.") % {
                "team": self.team
            }
        return _("Your role for this cluster is reader.")


def connect(user: User, slug: str) -> Desk:
    """The person's way to the cluster. Raises NotShared, NoCredential, or SealBroken of `clusters.credentials`."""
    cluster, role = _shared(user, slug)
    credential = _credential(user, cluster)
    if credential.team and credential.read_only:
        role = Role.READER
    connection = Connection(
        cluster=cluster.slug,
        server=server_of(cluster),
        identity=identity_of(credential),
        fingerprint=fingerprint(cluster, credential),
        person=str(user.pk),
        ends=credential.expires_at,
    )
    return Desk(user, cluster, credential, role, connection, Client(connection))


def _shared(user: User, slug: str) -> tuple[Cluster, Role]:
    """The cluster and the strongest role that the person's teams give on it; an auditor stays a reader."""
    cluster = visible_clusters(user).filter(slug=slug).first() if user.is_active else None
    if cluster is None:
        raise NotShared(slug)
    return cluster, roles(user)[cluster.pk]


def _credential(user: User, cluster: Cluster) -> Credential:
    """The person's own; else the one that a team of theirs shares here."""
    own = Credential.objects.filter(cluster=cluster, user=user).first()
    if own is not None:
        return own
    shared = team_credentials(user).get(cluster.pk)
    if shared is None:
        raise NoCredential(cluster)
    return shared
