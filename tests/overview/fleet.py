"""Fleet program: clusters with errors beside a healthy one, in the database that the environment names.

It reads one JSON object: {"do": "up", "clusters": [...]} or {"do": "down" | "unshare"} and ends.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()

from django.utils import timezone

from clusters.api.connection import Identity
from clusters.credentials.invalidation import invalidate_shares
from clusters.credentials.store import Owner, save_credential
from clusters.credentials.verification import WhoAmI
from clusters.models import Cluster, Share
from people.models import Membership, Team, User

TEAM = "fleet"


def create_fleet(clusters: list[dict[str, Any]], people: list[str]) -> None:
    """The clusters, seen by a team of these people; with a `token` each has a credential that nobody tried."""
    team = Team.objects.create(slug=TEAM, name="Fleet")
    users = [User.objects.get(username=name) for name in people]
    for user in users:
        Membership.objects.create(user=user, team=team, role="editor")
    for one in clusters:
        token, ends = one.pop("token", ""), one.pop("ends", None)
        made = Cluster.objects.create(**one)
        Share.objects.create(cluster=made, team=team)
        expires = timezone.now() + timedelta(seconds=ends) if ends is not None else None
        for user in users if token else []:
            save_credential(
                made, Owner(user=user), Identity(token=token), WhoAmI(user.username, "", (), {}, expires)
            )
    invalidate_shares([team.pk])


def unshare() -> None:
    """The team sees none of them any more."""
    shares = Share.objects.filter(team__slug=TEAM)
    teams = list(shares.values_list("team_id", flat=True))
    shares.delete()
    invalidate_shares(teams)


def delete_fleet() -> None:
    """As if they had never been."""
    Cluster.objects.filter(shares__team__slug=TEAM).delete()
    Cluster.objects.filter(labels__fleet="yes").delete()
    Team.objects.filter(slug=TEAM).delete()


if __name__ == "__main__":
    asked = json.loads(sys.stdin.read())
    {"up": create_fleet, "unshare": unshare, "down": delete_fleet}[asked.pop("do")](**asked)
