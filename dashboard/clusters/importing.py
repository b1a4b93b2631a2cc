"""Kubeconfig import: turns each context into a credential, a new cluster or a cluster request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clusters.api.connection import Server
from clusters.api.errors import ApiError
from clusters.audit_details import draft_cluster_entry, draft_request_entry, draft_share_entry, settings_of
from clusters.credentials.invalidation import invalidate_shares
from clusters.credentials.kubeconfig import Context, Kubeconfig
from clusters.credentials.matching import free_slug, match
from clusters.credentials.store import Owner, save_credential, server_of
from clusters.credentials.verification import WhoAmI, try_identity
from clusters.models import Cluster, ClusterRequest, RequestState, Share
from clusters.sharing import visible_clusters
from dashboard.clusters.cluster_form import ClusterForm, check_server
from dashboard.clusters.notices import Notice, make_notice
from people.audit.changes import audited_change
from people.audit.record import AuditTrailUnavailable, record
from people.models import Team, User

MOST_REQUESTS = 20  # open ones of one person
MOST_AT_ONCE = 20  # contexts that are tried in one go


@dataclass(frozen=True, repr=False)
class Plan:
    """One context and what can be done with it: `action` is credential, cluster, request or nothing."""

    number: int
    context: Context
    cluster: Cluster | None
    is_near: bool
    action: str
    notices: tuple[Notice, ...]
    slug: str

    @property
    def needs_account(self) -> bool:
        return any(one.needs_account for one in self.notices)


@dataclass(frozen=True)
class ImportResult:
    """What was done with a context, or why nothing was."""

    context: str
    text: str
    notice: Notice | None = None


@dataclass(frozen=True)
class Choice:
    """What the user chose for one context: the names of a new cluster, and a team to share it with."""

    name: str
    slug: str
    team: Team | None = None


def plans(kubeconfig: Kubeconfig, user: User) -> list[Plan]:
    """A plan for each context. Clusters that the person does not see are not matched: nothing reveals them."""
    seen = list(visible_clusters(user))
    return [_plan(number, context, seen, user) for number, context in enumerate(kubeconfig.contexts)]


def carry_out(user: User, chosen: Sequence[tuple[Plan, Choice]]) -> list[ImportResult]:
    """Do what was chosen, one after the other; each context succeeds or fails by itself."""
    done: list[ImportResult] = []
    used: dict[int, str] = {}
    for plan, choice in chosen:
        found = match(plan.context, visible_clusters(user)).cluster
        if found and found.pk in used:
            done.append(_duplicate_result(plan, used[found.pk]))
            continue
        result, cluster = _do(user, plan, choice, found)
        done.append(result)
        if cluster:
            used[cluster.pk] = plan.context.name
    return done


def _plan(number: int, context: Context, seen: Sequence[Cluster], user: User) -> Plan:
    found = match(context, seen)
    action, rejections = "nothing", []
    if found.cluster:
        action = "credential" if context.identity else "nothing"
    elif context.has_cluster and user.is_auditor:
        rejections = [Notice(_("This cluster is not in Quarterdeck, and auditors cannot request clusters."))]
    elif context.has_cluster:
        action = "cluster" if user.is_administrator else "request"
    return Plan(
        number=number,
        context=context,
        cluster=found.cluster,
        is_near=found.is_near,
        action=action,
        notices=(*rejections, *(make_notice(one) for one in context.errors)),
        slug=free_slug(context.cluster),
    )


def _do(user: User, plan: Plan, choice: Choice, found: Cluster | None) -> tuple[ImportResult, Cluster | None]:
    """The result, and the cluster that this context was used for."""
    name = plan.context.name
    try:
        if found and plan.context.identity:
            return ImportResult(name, _store(user, found, plan.context)), found
        if found is None and plan.context.has_cluster and user.is_administrator:
            return _add(user, plan.context, choice)
        if found is None and plan.action == "request":
            return _request_cluster(user, plan.context), None
    except ApiError as error:
        return ImportResult(name, "", make_notice(error)), None
    except AuditTrailUnavailable:
        return ImportResult(
            name, "", Notice(_("The audit trail is not writable, so nothing was done."))
        ), None
    return ImportResult(name, "", Notice(_("Nothing in this context can be used."))), None


def _store(user: User, cluster: Cluster, context: Context) -> str:
    who = _try(server_of(cluster), context)
    return _save(user, cluster, context, who)


def _add(user: User, context: Context, choice: Choice) -> tuple[ImportResult, Cluster | None]:
    form = ClusterForm(
        {
            "name": choice.name or context.cluster,
            "slug": choice.slug or free_slug(context.cluster),
            "server": context.server,
            "ca": context.ca,
            "tls_server_name": context.tls_server_name,
            "color": "slate",
            "verify_tls": "on",
        }
    )
    if not form.is_valid():
        message = " ".join(str(one) for errors in form.errors.values() for one in errors)
        return ImportResult(context.name, "", Notice(message)), None
    cluster = form.save(commit=False)
    if context.identity:
        who = _try(server_of(cluster), context)
    elif (notice := check_server(server_of(cluster))) is not None:
        return ImportResult(context.name, "", notice), None
    with audited_change():
        cluster.save()
        record(draft_cluster_entry(user, "cluster-add", cluster, detail=settings_of(cluster)))
        _share(user, cluster, choice.team)
        text = _("Cluster %(cluster)s added.") % {"cluster": cluster.name}
        if context.identity:
            text = f"{text} {_save(user, cluster, context, who)}"
    return ImportResult(context.name, text), cluster


def _request_cluster(user: User, context: Context) -> ImportResult:
    """A request holds where the cluster is and nothing of the credential."""
    mine = ClusterRequest.objects.filter(user=user, state=RequestState.OPEN)
    if mine.filter(server=context.server).exists():
        return ImportResult(
            context.name, _("You have already requested this cluster. An administrator will decide.")
        )
    if mine.count() >= MOST_REQUESTS:
        message = _("You have 20 open requests. Wait for a decision, or withdraw one.")
        return ImportResult(context.name, "", Notice(message))
    with audited_change():
        made = ClusterRequest.objects.create(
            user=user,
            name=context.cluster[:100],
            server=context.server,
            ca=context.ca,
            tls_server_name=context.tls_server_name,
        )
        record(draft_request_entry(user, "request-make", made))
    text = _(
        "Administrators have been asked to add %(server)s. Add your credential once the cluster is available."
    )
    return ImportResult(context.name, text % {"server": context.server})


def _try(server: Server, context: Context) -> WhoAmI:
    if context.identity is None:
        raise ValueError("Only a context with an identity can be tried.")
    return try_identity(server, context.identity)


def _save(user: User, cluster: Cluster, context: Context, who: WhoAmI) -> str:
    if context.identity is None:
        raise ValueError("Only a context with an identity can be stored.")
    own = Owner(user=user)
    save_credential(
        cluster, own, context.identity, who, namespace=context.namespace, read_only=False, actor=user
    )
    values = {"cluster": cluster.name, "identity": who.username}
    return _("Your identity on %(cluster)s is %(identity)s.") % values


def _share(user: User, cluster: Cluster, team: Team | None) -> None:
    if team:
        Share.objects.get_or_create(cluster=cluster, team=team)
        invalidate_shares([team.pk])
        record(draft_share_entry(user, "share-add", cluster, team))


def _duplicate_result(plan: Plan, other: str) -> ImportResult:
    message = _(
        "Context %(other)s was already used for this cluster; you can have one credential per cluster."
    )
    return ImportResult(plan.context.name, "", Notice(message % {"other": other}))
