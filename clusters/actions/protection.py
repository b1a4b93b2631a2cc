"""Protection of clusters: where names are typed to confirm, and who may lift that for an hour in one session."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from clusters.audit_details import draft_cluster_entry
from clusters.gateway.connect import ClusterSession
from clusters.models import NameLift, NameLifters
from people.audit.changes import audited_change
from people.audit.record import record
from people.models import TeamRole

LIFT = timedelta(hours=1)


def can_lift(cluster_session: ClusterSession) -> bool:
    """Whether an administrator allowed this person to. Whoever can change nothing here has nothing to lift."""
    cluster, user = cluster_session.cluster, cluster_session.user
    if not cluster.protected or cluster_session.role != TeamRole.EDITOR:
        return False
    if cluster.name_lifters == NameLifters.ADMINISTRATORS:
        return bool(user.is_administrator)
    return cluster.name_lifters == NameLifters.EDITORS


def find_lift(cluster_session: ClusterSession, session_id: str) -> datetime | None:
    """Until when this session of the person types no names; None where it does."""
    if not session_id or not can_lift(cluster_session):
        return None
    lifts = NameLift.objects.filter(
        cluster=cluster_session.cluster,
        user=cluster_session.user,
        session_id=session_id,
        until__gt=timezone.now(),
    )
    found = lifts.first()
    return found.until if found else None


def needs_typed_name(cluster_session: ClusterSession, session_id: str) -> bool:
    """Whether the cluster is protected, and this session has not lifted its typed names."""
    return cluster_session.cluster.protected and find_lift(cluster_session, session_id) is None


def lift(cluster_session: ClusterSession, session_id: str) -> datetime | None:
    """For an hour; until when, or None where the person may not. Raises AuditTrailUnavailable."""
    if not session_id or not can_lift(cluster_session):
        return None
    cluster, user, now = cluster_session.cluster, cluster_session.user, timezone.now()
    until = now + LIFT
    with audited_change():
        NameLift.objects.filter(until__lte=now).delete()
        NameLift.objects.update_or_create(
            cluster=cluster, user=user, session_id=session_id, defaults={"until": until}
        )
        detail = {"until": until.isoformat()}
        record(draft_cluster_entry(user, "names-lift", cluster, detail=detail))
    return until


def end_lift(cluster_session: ClusterSession, session_id: str) -> bool:
    """From now on this session types names again; False where it did. Raises AuditTrailUnavailable."""
    cluster, user = cluster_session.cluster, cluster_session.user
    with audited_change():
        is_ended = bool(
            NameLift.objects.filter(cluster=cluster, user=user, session_id=session_id).delete()[0]
        )
        if is_ended:
            record(draft_cluster_entry(user, "names-require", cluster))
    return is_ended
