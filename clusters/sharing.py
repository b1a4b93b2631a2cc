"""Sharing: the clusters that a user sees through teams, the role there, and team credentials."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.http import Http404

from clusters.models import Cluster, Credential
from people.models import Membership, TeamRole, User


def visible_clusters(user: User) -> QuerySet[Cluster]:
    """The clusters that the person's teams share; an administrator's: all."""
    if user.is_administrator:
        return Cluster.objects.all()
    return Cluster.objects.filter(shares__team__memberships__user=user).distinct()


def visible_cluster(user: User, slug: str) -> Cluster:
    """The cluster of this name; 404 where it is not there and where it is not shared alike."""
    found = visible_clusters(user).filter(slug=slug).first()
    if found is None:
        raise Http404
    return found


def roles(user: User) -> dict[int, TeamRole]:
    """The person's role by cluster id: the strongest that a team gives; an auditor stays a viewer."""
    if user.is_administrator:
        return dict.fromkeys(Cluster.objects.values_list("pk", flat=True), TeamRole.EDITOR)
    found: dict[int, TeamRole] = {}
    given = Membership.objects.filter(user=user, team__shares__isnull=False)
    for cluster_id, role in given.values_list("team__shares__cluster_id", "role"):
        strongest = TeamRole.EDITOR in (role, found.get(cluster_id)) and not user.is_auditor
        found[cluster_id] = TeamRole.EDITOR if strongest else TeamRole.VIEWER
    return found


def team_credentials(user: User) -> dict[int, Credential]:
    """By cluster id: the credential that a team of the person's shares there, as `connect` chooses it."""
    shared = Credential.objects.filter(team__memberships__user=user, team__shares__cluster=F("cluster"))
    found: dict[int, Credential] = {}
    for one in shared.select_related("team", "cluster").order_by("read_only", "pk"):
        found.setdefault(one.cluster_id, one)
    return found
