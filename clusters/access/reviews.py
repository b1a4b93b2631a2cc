"""Access reviews: SelfSubjectAccessReview and rules review, with the user's own credential, cached.

SelfSubjectAccessReview is the only exact review. Its traps are in the API server, not in its documentation:
`allowed: false` beside an `evaluationError` is unknown, a cluster-scoped kind with a namespace is answered wrongly,
and `create` or `deletecollection` by name is allowed where the call is not.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import msgspec

from clusters.access.cache import Cache
from clusters.access.rules import AccessDecision, Rules, read_rules
from clusters.api.client import Client
from clusters.api.concurrency import REVIEWS
from clusters.api.connection import Connection
from clusters.api.errors import ApiError, NotKubernetes, Unauthorized, Unreachable
from clusters.api.messages import gettext_noop
from clusters.api.metrics import count_lookups
from clusters.api.resource_attributes import ResourceAttributes
from clusters.api.streams import Streams
from clusters.runtime import runtime

REVIEW_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RULES_PATH = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
# Without it a misspelt field would be dropped, and the result would be that of another check.
STRICT = (("fieldValidation", "Strict"),)
_AT_ONCE = 10
_CLUSTER_WIDE = "-"  # no namespace can be called so: what holds there holds in the whole cluster
_SECONDS = 5.0
_NEVER_BY_NAME = frozenset({"create", "deletecollection"})

Source = Literal["kubernetes", "role", "budget"]

BEYOND_BUDGET = gettext_noop(
    "Not checked: this page reached its limit of access reviews. Kubernetes decides when you try."
)
ACCESS_UNKNOWN = gettext_noop("The access review failed. Kubernetes decides when you try.")


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """Allowed, denied or unknown; `reason` is Kubernetes' own (it names the binding that allows)."""

    state: AccessDecision
    reason: str = ""
    source: Source = "kubernetes"


class Budget:
    """How many reviews one page may send."""

    def __init__(self, limit: int = 40) -> None:
        self.left = limit
        self._lock = threading.Lock()

    def spend(self) -> bool:
        """Whether one more review may be sent."""
        with self._lock:
            if self.left <= 0:
                return False
            self.left -= 1
            return True


_threads = runtime.pool("review")
_cache: Cache[ResourceAttributes, ReviewResult] = Cache(seconds=30.0, size=50_000)
_rules: Cache[str, Rules] = Cache(seconds=30.0, size=2_000)


def review(
    connection: Connection, client: Client, checks: Sequence[ResourceAttributes], budget: Budget
) -> dict[ResourceAttributes, ReviewResult]:
    """The result of each of `checks`, ten at once: without its name first, by name where that is denied.

    Under RBAC what is allowed without a name is allowed for every name; a webhook may differ, and then the call
    decides. What does not fit the budget, or fails, is unknown.
    """
    wide = {check: drop_name(check) for check in checks}
    results = _review_cached(connection, client, wide.values(), budget)
    narrow = {
        check: named
        for check in wide
        if results[wide[check]].state == "denied" and (named := narrow_to_name(check)) is not None
    }
    results |= _review_cached(connection, client, narrow.values(), budget)
    return {check: results[narrow.get(check, wide[check])] for check in wide}


async def review_async(streams: Streams, connection: Connection, check: ResourceAttributes) -> ReviewResult:
    """The result of one check, uncached, for feeds that review again whether they may go on. Raises ApiError."""
    result = await _send_async(streams, connection, drop_name(check))
    named = narrow_to_name(check)
    if result.state != "denied" or named is None:
        return result
    return await _send_async(streams, connection, named)


def rules(client: Client, namespace: str) -> Rules:
    """What the person may do in `namespace` as far as rules say it: for coloring menus, never for a button."""
    person, key = _person(client.connection), namespace or "default"
    known = _rules.get(person, key)
    count_lookups("rules", hits=known is not None, misses=known is None)
    if known is not None:
        return known
    ticket = _rules.ticket(person)
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": key},
    }
    found = read_rules(client.post(RULES_PATH, body, query=STRICT, timeout=_SECONDS, concurrency=REVIEWS))
    if not found.incomplete:
        _rules.put(ticket, key, found)
    return found


def review_by_rules(
    client: Client, checks: Iterable[ResourceAttributes]
) -> dict[ResourceAttributes, AccessDecision]:
    """What rules say to each of `checks`, with one request for each namespace: for a menu, whose click decides.

    Rules that name objects, authorizers that name no rules, and failures make it unknown.
    """
    known: dict[str, Rules] = {}
    found: dict[ResourceAttributes, AccessDecision] = {}
    for check in checks:
        where = check.namespace or _CLUSTER_WIDE
        if where not in known:
            try:
                known[where] = rules(client, where)
            except ApiError:
                known[where] = Rules((), incomplete=True)
        what = "/".join(filter(None, (check.resource, check.subresource)))
        found[check] = known[where].evaluate(check.verb, check.group, what)
    return found


def forget(fingerprint: str) -> None:
    """Drop what is known for a credential: after a 401 or 403 on it, at its change, at sign-out."""
    _cache.forget(fingerprint)
    _rules.forget(fingerprint)


def drop_name(check: ResourceAttributes) -> ResourceAttributes:
    """The check of all objects; a Namespace's own namespace is its name, so that goes too."""
    return replace(check, name="", namespace="" if check.is_of_namespaces else check.namespace)


def narrow_to_name(check: ResourceAttributes) -> ResourceAttributes | None:
    """The check of one object; None where it has no name, or where the result by name would be wrong."""
    if (
        not check.name
        or (check.verb in _NEVER_BY_NAME and not check.subresource)
        or check.verb == "deletecollection"
    ):
        return None
    return replace(check, namespace=check.name) if check.is_of_namespaces else check


def _review_cached(
    connection: Connection, client: Client, checks: Iterable[ResourceAttributes], budget: Budget
) -> dict[ResourceAttributes, ReviewResult]:
    """Cached results as they are, the others reviewed concurrently."""
    unique = list(dict.fromkeys(checks))
    results = {
        check: found for check in unique if (found := _cache.get(_person(connection), check)) is not None
    }
    uncached = [check for check in unique if check not in results]
    count_lookups("access", hits=len(results), misses=len(uncached))
    affordable = [check for check in uncached if budget.spend()]
    results |= {check: ReviewResult("unknown", BEYOND_BUDGET, "budget") for check in uncached}
    if affordable:
        reviewer = _Reviewer(connection, client)
        if len(affordable) == 1:
            return results | {affordable[0]: reviewer.review(affordable[0])}
        results |= _review_concurrently(reviewer, affordable)
    return results


def _review_concurrently(
    reviewer: _Reviewer, checks: Sequence[ResourceAttributes]
) -> dict[ResourceAttributes, ReviewResult]:
    """Ten at once, this thread being one of them: where no other is free it reviews alone."""
    left, results = list(reversed(checks)), dict[ResourceAttributes, ReviewResult]()

    def work() -> None:
        with suppress(IndexError):
            while True:
                check = left.pop()
                results[check] = reviewer.review(check)

    others = [_threads.submit(work) for _ in range(min(_AT_ONCE, len(checks)) - 1)]
    work()
    for other in others:
        if not other.cancel():
            other.result()
    return results


class _Reviewer:
    """One batch of reviews. After a failure that the others would meet as well, they are not sent."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self.connection = connection
        self.client = client
        self.failed: ApiError | None = None

    def review(self, check: ResourceAttributes) -> ReviewResult:
        if self.failed is not None:
            return ReviewResult("unknown", str(self.failed))
        ticket = _cache.ticket(_person(self.connection))
        try:
            body = self.client.post(
                REVIEW_PATH, _body(check), query=STRICT, timeout=_SECONDS, concurrency=REVIEWS
            )
        except (Unauthorized, Unreachable) as error:
            self.failed = error
            if isinstance(error, Unauthorized):
                forget(self.connection.fingerprint)
            return ReviewResult("unknown", str(error))
        except ApiError as error:
            return ReviewResult("unknown", str(error))
        result = _read(body)
        if result.state != "unknown":
            _cache.put(ticket, check, result)
        return result


async def _send_async(streams: Streams, connection: Connection, check: ResourceAttributes) -> ReviewResult:
    body = await streams.post(connection, REVIEW_PATH, _body(check), STRICT)
    try:
        return _read(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError) as unreadable:
        raise NotKubernetes("The response to the access review is not JSON.") from unreadable


def _person(connection: Connection) -> tuple[str, object]:
    return (connection.fingerprint, (connection.cluster, connection.server))


def _body(check: ResourceAttributes) -> dict[str, Any]:
    attributes = {name: value for name, value in asdict(check).items() if value}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }


def _read(body: Any) -> ReviewResult:
    """The status of a review. A refusal that came with an error, or with conditions (KEP-5681), is not one."""
    status = body.get("status") if isinstance(body, Mapping) else None
    if not isinstance(status, Mapping):
        return ReviewResult("unknown", ACCESS_UNKNOWN)
    reason = str(status.get("reason") or "")
    if status.get("allowed") is True:
        return ReviewResult("allowed", reason)
    error = str(status.get("evaluationError") or "")
    if error or any("condition" in name.lower() for name in status):
        return ReviewResult("unknown", error or reason or ACCESS_UNKNOWN)
    return (
        ReviewResult("denied", reason)
        if status.get("allowed") is False
        else ReviewResult("unknown", ACCESS_UNKNOWN)
    )
