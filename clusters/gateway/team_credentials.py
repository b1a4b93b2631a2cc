"""Team credentials: which one a person uses at a cluster, and the role that holds with a credential.

With a team's credential the role is the one that the person has in that team: what another team grants on the same
cluster is no reason to do more with this one's. With a credential of one's own it is the strongest that any team
grants there (`clusters.sharing.roles`), since it is Kubernetes that decides what that credential may do.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import F

from clusters.credentials.sealing import SealBroken
from clusters.credentials.suspension import find_suspension
from clusters.models import Credential
from people.models import Membership, TeamRole, User


def team_roles(user: User) -> dict[int, TeamRole]:
    """The person's role by team ID; an auditor stays a viewer."""
    given = Membership.objects.filter(user=user).values_list("team_id", "role")
    return {team_id: TeamRole.VIEWER if user.is_auditor else TeamRole(role) for team_id, role in given}


def role_with(credential: Credential, strongest: TeamRole, roles_by_team: Mapping[int, TeamRole]) -> TeamRole:
    """The role that holds where this credential is used; `strongest` is the one that `roles` says.

    That of an administrator too: with a team's credential they are what they made themselves in that team.
    """
    if credential.team_id is None:
        return strongest
    if credential.read_only:
        return TeamRole.VIEWER
    return roles_by_team.get(credential.team_id, TeamRole.VIEWER)


def team_credentials(user: User, roles_by_team: Mapping[int, TeamRole]) -> dict[int, Credential]:
    """By cluster id: the credential that a team of the person's shares there, as `connect` chooses it.

    `roles_by_team` is what `team_roles` says. Of several credentials the one that can be used, then the one with which
    the person may do more, then the older one.
    """
    shared = Credential.objects.filter(team__memberships__user=user, team__shares__cluster=F("cluster"))

    def order(one: Credential) -> tuple[bool, bool, bool, int]:
        is_editor = role_with(one, TeamRole.VIEWER, roles_by_team) == TeamRole.EDITOR
        return _is_suspended(one), not is_editor, one.read_only, one.pk

    found: dict[int, Credential] = {}
    for one in sorted(shared.select_related("team", "cluster"), key=order):
        found.setdefault(one.cluster_id, one)
    return found


def _is_suspended(credential: Credential) -> bool:
    try:
        return find_suspension(credential) is not None
    except SealBroken:
        return True
