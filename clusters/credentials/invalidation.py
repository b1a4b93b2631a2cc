"""Invalidation: ends feeds, pools and caches when a credential, share or cluster changes.

Whoever changes one of them calls a function of this file in the same transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db.models import F

from clusters.api.pools import forget
from clusters.models import Cluster, Credential, Share
from people.control import bump_access
from people.models import Membership


def fingerprint(cluster: Cluster, credential: Credential) -> str:
    """What pools, caches and feeds are kept under: it changes whenever the credential or the cluster does."""
    parts = (credential.pk, credential.version, cluster.pk, cluster.updated_at.isoformat())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def invalidate_credential(credential: Credential) -> None:
    """The stored value of this credential was changed, or is about to be deleted.

    Its version grows, so its old fingerprint is never used again; its old pool is closed, and the sockets of
    whoever acts with it are notified.
    """
    forget(fingerprint(credential.cluster, credential))
    Credential.objects.filter(pk=credential.pk).update(version=F("version") + 1)
    credential.refresh_from_db(fields=["version"])
    bump_access(_find_users(credential))


def invalidate_shares(team_ids: Iterable[int]) -> None:
    """These teams see a cluster from now on, or no longer."""
    members = Membership.objects.filter(team_id__in=list(team_ids))
    bump_access(members.values_list("user_id", flat=True))


def invalidate_cluster(cluster: Cluster) -> None:
    """Where the cluster is or how it is verified will be saved or deleted: all that stood on it ends."""
    for credential in Credential.objects.filter(cluster_id=cluster.pk).select_related("cluster"):
        invalidate_credential(credential)
    invalidate_shares(Share.objects.filter(cluster_id=cluster.pk).values_list("team_id", flat=True))


def _find_users(credential: Credential) -> list[int]:
    if credential.team is None:
        return [credential.user_id] if credential.user_id is not None else []
    return [*credential.team.memberships.values_list("user_id", flat=True)]
