"""Suspension: why a stored credential may not be used until its owner says so.

Two reasons: its cluster's settings are not those that it was sealed for (seen by comparing, so that a change made
past this program is noticed too), or its owner's password was set by a link that somebody else made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from clusters.credentials.binding import Destination, destination_of, read_binding
from clusters.credentials.invalidation import invalidate_credential
from clusters.credentials.sealing import SealBroken
from clusters.models import Cluster, Credential
from people.models import User


@dataclass(frozen=True)
class Suspension:
    """`before` and `after` are where the credential was for and where its cluster is now, where that is the reason;
    else `by` (a username, "" for the operator of this server) and `at` say whose link set the password, and when."""

    before: Destination | None = None
    after: Destination | None = None
    by: str = ""
    at: datetime | None = None

    @property
    def is_moved(self) -> bool:
        """Whether its owner can confirm it; after a password link it must be added again."""
        return self.at is None


class CredentialSuspended(SealBroken):
    """The credential was not opened and nothing was sent. Whoever handles it as a broken seal does no harm."""

    def __init__(self, credential: Credential, suspension: Suspension) -> None:
        super().__init__("The credential is suspended.")
        self.credential = credential
        self.suspension = suspension


def find_suspension(credential: Credential) -> Suspension | None:
    """Why it may not be used now; nothing is opened. Raises SealBroken where it is bound to nothing, or to others."""
    before, after = read_binding(credential).destination, destination_of(credential.cluster)
    if credential.suspended_at is not None:
        return Suspension(by=credential.suspended_by, at=credential.suspended_at)
    return None if before.is_same(after) else Suspension(before, after)


def check_not_suspended(credential: Credential) -> None:
    """Raises CredentialSuspended."""
    suspension = find_suspension(credential)
    if suspension is not None:
        raise CredentialSuspended(credential, suspension)


def count_suspended(cluster: Cluster) -> int:
    """How many credentials of this cluster wait for a confirmation of its settings, as they are now."""
    count = 0
    for credential in Credential.objects.filter(cluster=cluster):
        credential.cluster = cluster
        try:
            suspension = find_suspension(credential)
        except SealBroken:
            continue
        count += suspension is not None and suspension.is_moved
    return count


def suspend_credentials(user: User, by: User | None) -> int:
    """This person's own credentials wait until they are added again; how many there were. `by` made the link, None is
    the operator of this server. One that waits already says the first reason further on."""
    own = list(Credential.objects.filter(user=user, suspended_at=None).select_related("cluster"))
    Credential.objects.filter(pk__in=[one.pk for one in own]).update(
        suspended_at=timezone.now(), suspended_by=by.username if by else ""
    )
    for credential in own:
        invalidate_credential(credential)
    return len(own)
