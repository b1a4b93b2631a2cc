"""Snapshot: reachability, counts and permissions of one cluster under one credential."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar

from clusters.access.reviews import ReviewResult
from clusters.api.errors import ApiError

V = TypeVar("V")
NOT_REVIEWED = ReviewResult("unknown")


class Reach(enum.StrEnum):
    """How the API server answers this credential."""

    CONNECTING = "connecting"  # nothing has come back yet
    REACHABLE = "reachable"
    UNAUTHORIZED = "unauthorized"  # 401: the credential, whatever it requests
    FAILING = "failing"  # it answers, but with errors of its own (5xx, 429)
    UNREACHABLE = "unreachable"  # no answer that is Kubernetes'


class CountStatus(enum.StrEnum):
    """How one of the counts stands."""

    LOADING = "loading"
    COUNTED = "counted"
    DENIED = "denied"  # Kubernetes does not let this credential list them: not its to count
    FAILED = "failed"  # the last count failed: the value, where there is one, is that of `counted_at`


def now() -> datetime:
    """The time of a count, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Nodes:
    """`ready` and `cordoned` of `total`; more where `at_least`."""

    total: int = 0
    ready: int = 0
    cordoned: int = 0
    at_least: bool = False


@dataclass(frozen=True)
class Pods:
    """`statuses` are kubectl's words with their number; `unready` of those Running have containers that are not.

    `full` are the READY cells of Running pods with all containers ready (`1/1`), `partial` those of the others (`1/2`).
    """

    total: int = 0
    unready: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    at_least: bool = False
    full: frozenset[str] = frozenset()
    partial: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Warnings:
    """Events of type Warning seen within the last hour, and how many of each reason."""

    total: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    at_least: bool = False


@dataclass(frozen=True)
class Count(Generic[V]):
    """One count. `namespaces` are those that it is the sum of (none: the whole cluster).

    `left_out` namespaces are known and not in it: refused, failed, or beyond the bound.
    """

    status: CountStatus = CountStatus.LOADING
    value: V | None = None
    counted_at: datetime | None = None
    error: ApiError | None = None
    namespaces: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class NamespacePermissions:
    """What the credential may do in one namespace: list pods, list events, change workloads."""

    namespace: str
    pods: ReviewResult = NOT_REVIEWED
    events: ReviewResult = NOT_REVIEWED
    edit: ReviewResult = NOT_REVIEWED


@dataclass(frozen=True)
class Permissions:
    """What Kubernetes answered about the whole cluster, and about the namespaces where that was not enough.

    `left_out` namespaces are known and were not reviewed. `is_known` is false until there was an answer.
    """

    is_known: bool = False
    everything: ReviewResult = NOT_REVIEWED
    pods: ReviewResult = NOT_REVIEWED
    nodes: ReviewResult = NOT_REVIEWED
    events: ReviewResult = NOT_REVIEWED
    edit: ReviewResult = NOT_REVIEWED
    namespaces: tuple[NamespacePermissions, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Snapshot:
    """All of it. `since` is when `reach` began, as far as was seen without a gap; `answered_at` the last answer."""

    reach: Reach = Reach.CONNECTING
    since: datetime = field(default_factory=now)
    answered_at: datetime | None = None
    error: ApiError | None = None
    version: str = ""
    nodes: Count[Nodes] = Count()
    pods: Count[Pods] = Count()
    warnings: Count[Warnings] = Count()
    permissions: Permissions = Permissions()
