"""Import execution: carries out a plan, one context after the other, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clusters.api.errors import ApiError
from clusters.audit_details import draft_cluster_entry, draft_request_entry, draft_share_entry, settings_of
from clusters.credentials.cluster_names import checked_name, checked_slug
from clusters.credentials.errors import BadCredential
from clusters.credentials.import_plan import ContextState, Importer, PlannedContext, Step
from clusters.credentials.invalidation import invalidate_shares
from clusters.credentials.store import Owner, save_credential, server_of
from clusters.credentials.verification import WhoAmI, reach, try_identity
from clusters.models import Cluster, ClusterRequest, RequestState, Share
from people.audit.changes import audited_change
from people.audit.record import AuditTrailUnavailable, record
from people.models import Team

MOST_REQUESTS = 20  # open ones of one user


@dataclass(frozen=True, repr=False)
class ImportOutcome:
    """What was done with a context: nothing at all where there is an `error`.

    `who` is the identity of the credential that was stored, None where none was. `is_known_request`: the user's request
    for this cluster was open already.
    """

    planned: PlannedContext
    cluster: Cluster | None = None
    is_new: bool = False
    who: WhoAmI | None = None
    is_known_request: bool = False
    error: ApiError | BadCredential | AuditTrailUnavailable | None = None


def carry_out(plan: Iterable[PlannedContext], importer: Importer) -> Iterator[ImportOutcome]:
    """The outcome of each chosen context as soon as it is known; each succeeds or fails by itself.

    A cluster gets one credential in one import. Where the first context of a new cluster fails, the next one adds it.
    """
    done: dict[int, ImportOutcome] = {}  # by the number of the first context with the same cluster
    for planned in plan:
        if planned.choice is None:
            continue
        outcome = _carry_out_one(planned, importer, done.get(planned.first))
        if outcome.who or (outcome.cluster and planned.first not in done):
            done[planned.first] = outcome
        yield outcome


def _carry_out_one(
    planned: PlannedContext, importer: Importer, earlier: ImportOutcome | None
) -> ImportOutcome:
    try:
        if planned.state is ContextState.REFUSED:
            raise _find_reason(planned)
        if planned.step is Step.REQUEST:
            return _request_cluster(planned, importer)
        if earlier:
            _check_unused(planned, importer, earlier)
        return _import(planned, importer, planned.cluster or (earlier.cluster if earlier else None))
    except (ApiError, BadCredential, AuditTrailUnavailable) as error:
        return ImportOutcome(planned, error=error)


def _find_reason(planned: PlannedContext) -> BadCredential:
    if planned.errors:
        return planned.errors[0]
    return BadCredential("", _("Nothing in this context can be used."), reason="nothing")


def _check_unused(planned: PlannedContext, importer: Importer, earlier: ImportOutcome) -> None:
    """A user has one credential for a cluster, so a second one in the same file is refused."""
    if importer.owner and (earlier.who or not planned.context.identity):
        message = _(
            "Context %(other)s was already used for this cluster; you can have one credential per cluster."
        )
        raise BadCredential("", message % {"other": earlier.planned.context.name}, reason="used")


def _import(planned: PlannedContext, importer: Importer, here: Cluster | None) -> ImportOutcome:
    """Add the cluster where it is not `here` yet, share it and store the credential: all of it or nothing."""
    cluster = here or _build_cluster(planned)
    outcome = ImportOutcome(
        planned, cluster, is_new=here is None, who=_verify(planned, importer, cluster, is_new=here is None)
    )
    with audited_change():
        if outcome.is_new:
            cluster.save()
            record(draft_cluster_entry(importer.actor, "cluster-add", cluster, detail=settings_of(cluster)))
        team = planned.choice and planned.choice.team
        if team and (outcome.is_new or importer.shares_known):
            _share(importer, cluster, team)
        if outcome.who:
            _save_credential(planned, importer, cluster, outcome.who)
    return outcome


def _build_cluster(planned: PlannedContext) -> Cluster:
    context = planned.context
    cluster = Cluster(
        slug=checked_slug(planned.slug),
        name=checked_name(planned.name),
        server=context.server,
        ca=context.ca,
        tls_server_name=context.tls_server_name,
        verify_tls=not context.insecure,
        proxy_url=context.proxy_url,
    )
    try:
        cluster.full_clean()
    except ValidationError as wrong:
        raise BadCredential("", " ".join(wrong.messages), reason="cluster") from wrong
    return cluster


def _verify(planned: PlannedContext, importer: Importer, cluster: Cluster, *, is_new: bool) -> WhoAmI | None:
    """Whose the credential is; without one, a new cluster has to respond. `ApiError` says why not."""
    if importer.owner and planned.context.identity:
        return try_identity(server_of(cluster), planned.context.identity)
    if is_new and importer.must_reach:
        reach(server_of(cluster))
    return None


def _share(importer: Importer, cluster: Cluster, team: Team) -> None:
    _share, is_new = Share.objects.get_or_create(cluster=cluster, team=team)
    if is_new:
        invalidate_shares([team.pk])
        record(draft_share_entry(importer.actor, "share-add", cluster, team))


def _save_credential(planned: PlannedContext, importer: Importer, cluster: Cluster, who: WhoAmI) -> None:
    if importer.owner is None or planned.context.identity is None:
        raise ValueError("Only a context with an identity can be stored, and only for somebody.")
    save_credential(
        cluster,
        Owner(user=importer.owner),
        planned.context.identity,
        who,
        namespace=planned.context.namespace,
        read_only=False,
        actor=importer.actor,
    )


def _request_cluster(planned: PlannedContext, importer: Importer) -> ImportOutcome:
    """A request holds where the cluster is and nothing of the credential."""
    user, context = importer.actor, planned.context
    if user is None:
        raise ValueError("Only a user can request a cluster.")
    mine = ClusterRequest.objects.filter(user=user, state=RequestState.OPEN)
    if mine.filter(server=context.server).exists():
        return ImportOutcome(planned, is_known_request=True)
    if mine.count() >= MOST_REQUESTS:
        message = _("You have 20 open requests. Wait for a decision, or withdraw one.")
        raise BadCredential("", message, reason="requests")
    with audited_change():
        made = ClusterRequest.objects.create(
            user=user,
            name=planned.name,
            server=context.server,
            ca=context.ca,
            tls_server_name=context.tls_server_name,
        )
        record(draft_request_entry(user, "request-make", made))
    return ImportOutcome(planned)
