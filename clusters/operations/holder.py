"""Holder of an operation: whether the person who started it is still signed in, with the same credential and role."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from clusters.credentials.sealing import SealBroken
from clusters.gateway.connect import ClusterSession, NoCredential, NotShared, connect
from people.models import Session, TeamRole, User
from people.session_checks import SessionCheck, select_valid


@dataclass
class Holder:
    """Under whose sign-in and credential an operation runs. For the threads that use the database."""

    session_id: str
    cluster_session: ClusterSession
    access_version: int

    def find_loss(self) -> str:
        """Why the operation has to end; empty while nothing has changed that it depends on."""
        user_id = self.cluster_session.user.pk
        check = SessionCheck(self.session_id, user_id, self.access_version)
        if check in select_valid([check]):
            return ""
        if not _is_signed_in(self.session_id, user_id):
            return _("The person who started it signed out, or their session expired.")
        return self._find_change(User.objects.get(pk=user_id))

    def _find_change(self, user: User) -> str:
        """Something of what the person can reach has changed: what matters here is this cluster."""
        try:
            found = connect(user, self.cluster_session.cluster.slug)
        except NotShared:
            return _("The cluster is no longer shared with the person who started it.")
        except (NoCredential, SealBroken):
            return _("The credential was removed or suspended.")
        if found.connection.fingerprint != self.cluster_session.connection.fingerprint:
            return _("The credential or the settings of the cluster were changed.")
        if found.role != TeamRole.EDITOR:
            return _("The person who started it no longer has the Editor role.")
        self.access_version = user.access_version
        return ""


def _is_signed_in(session_id: str, user_id: int) -> bool:
    return Session.objects.filter(
        pk=session_id, user_id=user_id, user__is_active=True, expire_date__gt=timezone.now()
    ).exists()
