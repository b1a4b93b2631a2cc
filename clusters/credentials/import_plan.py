"""Import plan: what becomes of each context of a kubeconfig, decided once for the page and for the command.

The unit of refusal is the context: one that cannot be used never costs the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils.translation import gettext as _

from clusters.credentials.certificate import bundle_key
from clusters.credentials.cluster_names import free_slug, list_taken_slugs
from clusters.credentials.errors import BadCredential
from clusters.credentials.kubeconfig import Context, Kubeconfig
from clusters.credentials.matching import Match, has_common_authority, match
from clusters.models import Cluster
from people.models import Team, User


class ContextState(StrEnum):
    """How a context compares with the clusters that are known."""

    NEW = "new"  # no known cluster has its address
    SAME = "same"  # a known cluster has its address and an authority in common
    # A known cluster has its address but another authority: it is treated as a separate one.
    CHANGED = "changed"
    REFUSED = "refused"  # nothing of it can be used, for the reasons in `errors`


class Step(StrEnum):
    """What carrying out the plan does with a context."""

    CREDENTIAL = "credential"  # store its credential for the known cluster
    CLUSTER = "cluster"  # add its cluster, and store its credential where it has one
    REQUEST = "request"  # request its cluster from an administrator
    SHARE = "share"  # nothing but sharing the known cluster
    NOTHING = "nothing"


@dataclass(frozen=True)
class Importer:
    """Who imports, and what that allows.

    `actor` is the user, None for the operator on the machine. `owner` is the user whose credentials are stored, None
    where none are. `new_clusters` is what becomes of a cluster that is not known: CLUSTER, REQUEST or NOTHING.
    `needs_credential` refuses contexts without a usable one; `shares_known` also shares clusters that are known;
    `must_reach` adds no cluster that does not respond.
    """

    actor: User | None
    owner: User | None
    new_clusters: Step
    needs_credential: bool = False
    shares_known: bool = False
    must_reach: bool = True


@dataclass(frozen=True)
class Choice:
    """For one context: the name and ID of a new cluster ("" for the proposed ones); a team to share it with."""

    name: str = ""
    slug: str = ""
    team: Team | None = None


@dataclass(frozen=True, repr=False)
class PlannedContext:
    """One context of the plan. `cluster` is the known one that it matches; `is_near` says that a known one has its
    address but another authority, also where the context is refused.

    `first` is the number of the first context with the same cluster, known or new; often its own. `name` and `slug` are
    what a new cluster gets. `choice` is None where the context was not chosen, so that nothing is done with it.
    """

    number: int
    context: Context
    state: ContextState
    step: Step
    cluster: Cluster | None
    is_near: bool
    first: int
    errors: tuple[BadCredential, ...]
    name: str
    slug: str
    choice: Choice | None


def user_importer(user: User) -> Importer:
    """Administrators add clusters, members request them, and auditors do neither."""
    new = Step.CLUSTER if user.is_administrator else Step.NOTHING if user.is_auditor else Step.REQUEST
    return Importer(actor=user, owner=user, new_clusters=new)


def command_importer(owner: User | None, *, must_reach: bool) -> Importer:
    """The command on the machine of the server; with an owner, each context must have a credential for them."""
    return Importer(
        actor=None,
        owner=owner,
        new_clusters=Step.CLUSTER,
        needs_credential=owner is not None,
        shares_known=True,
        must_reach=must_reach,
    )


def plan_import(
    kubeconfig: Kubeconfig, known: Sequence[Cluster], importer: Importer, choices: Mapping[int, Choice]
) -> list[PlannedContext]:
    """A planned context for each context of the file, in its order. Nothing is sent and nothing is changed.

    `known` are the clusters that may be matched (only those that the importer sees, so that nothing reveals others);
    `choices` go by the number of the context.
    """
    planned = [
        _plan_context(number, context, known, importer, choices.get(number))
        for number, context in enumerate(kubeconfig.contexts)
    ]
    return _propose_slugs(_find_first_contexts(planned))


def _plan_context(
    number: int, context: Context, known: Sequence[Cluster], importer: Importer, choice: Choice | None
) -> PlannedContext:
    found = match(context, known)
    step, errors = _decide(context, found.cluster, importer)
    named = choice if choice and step is Step.CLUSTER else Choice()  # nobody names a cluster that others add
    return PlannedContext(
        number=number,
        context=context,
        state=_compare(step, found),
        step=step,
        cluster=found.cluster,
        is_near=found.is_near,
        first=number,
        errors=errors,
        name=named.name or context.cluster[:100],
        slug=named.slug,
        choice=choice,
    )


def _decide(
    context: Context, known: Cluster | None, importer: Importer
) -> tuple[Step, tuple[BadCredential, ...]]:
    """The step, and what is wrong with the context: all of it where nothing can be done."""
    if importer.needs_credential and context.errors:
        return Step.NOTHING, context.errors
    if known and importer.owner is None:
        return Step.SHARE, context.errors
    if known:
        return Step.CREDENTIAL if context.identity else Step.NOTHING, context.errors
    if not context.has_cluster:
        return Step.NOTHING, context.errors
    if importer.new_clusters is Step.NOTHING:
        message = _("This cluster is not in Quarterdeck, and auditors cannot request clusters.")
        return Step.NOTHING, (BadCredential("", message, reason="auditor"), *context.errors)
    return importer.new_clusters, context.errors


def _compare(step: Step, found: Match) -> ContextState:
    if step is Step.NOTHING:
        return ContextState.REFUSED
    if found.cluster:
        return ContextState.SAME
    return ContextState.CHANGED if found.is_near else ContextState.NEW


def _find_first_contexts(planned: Sequence[PlannedContext]) -> list[PlannedContext]:
    """Each with the number of the first one with the same cluster: a known one, or a new one by the rule of `match`."""
    known: dict[int, int] = {}
    new: dict[str, list[tuple[int, frozenset[bytes]]]] = {}  # by address
    found = []
    for one in planned:
        first = one.number
        if one.cluster:
            first = known.setdefault(one.cluster.pk, one.number)
        elif one.step is not Step.NOTHING:
            authorities = bundle_key(one.context.ca)
            earlier = new.setdefault(one.context.server, [])
            first = next((n for n, theirs in earlier if has_common_authority(authorities, theirs)), first)
            earlier.append((first, authorities))
        found.append(replace(one, first=first))
    return found


def _propose_slugs(planned: Sequence[PlannedContext]) -> list[PlannedContext]:
    """An ID for each new cluster that was given none; contexts of one cluster get the same."""
    if not any(one.step is Step.CLUSTER for one in planned):
        return list(planned)
    taken, proposed = list_taken_slugs(), dict[int, str]()
    found = []
    for one in planned:
        if one.step is Step.CLUSTER and one.first not in proposed:
            proposed[one.first] = free_slug(one.context.cluster, taken)
            taken.add(proposed[one.first])
        found.append(replace(one, slug=one.slug or proposed.get(one.first, "")))
    return found
