"""Sharing: the clusters that a user sees through teams, and the strongest role there."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from clusters.models import Cluster
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
    """By cluster id: the strongest role that a team of the person's gives there; an auditor stays a viewer.

    It holds with a credential of one's own; see `clusters.gateway.team_credentials`."""
    if user.is_administrator:
        return dict.fromkeys(Cluster.objects.values_list("pk", flat=True), TeamRole.EDITOR)
    found: dict[int, TeamRole] = {}
    given = Membership.objects.filter(user=user, team__shares__isnull=False)
    for cluster_id, role in given.values_list("team__shares__cluster_id", "role"):
        strongest = TeamRole.EDITOR in (role, found.get(cluster_id)) and not user.is_auditor
        found[cluster_id] = TeamRole.EDITOR if strongest else TeamRole.VIEWER
    return found
