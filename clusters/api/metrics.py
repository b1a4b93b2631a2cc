"""Metrics of calls to API servers: Prometheus counters and histograms, without Django.

They count in any case; `dashboard.monitoring.metrics` registers and exposes them. No label holds a username, a
namespace or an object's name: a cluster's ID is the only word that a person chose, and their number is bounded.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Sequence
from types import TracebackType

from prometheus_client import Counter, Histogram

from clusters.api.resource_attributes import parse_attributes

MAX_CLUSTERS = 500  # labels of one process; IDs of deleted clusters stay until it ends
UNSAVED = "(unsaved)"  # a server that is tried before it is saved, or before its credential is
OTHER = "(other)"
NO_RESPONSE = "none"
VERBS = frozenset(
    {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "post", "put"}
)
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
_CLUSTER_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

REQUEST_SECONDS = Histogram(
    "quarterdeck_cluster_request_duration_seconds",
    "Requests to API servers, until the response was read; of a watch, until it began.",
    ["cluster", "verb", "status"],
    buckets=BUCKETS,
    registry=None,
)
RETRIES = Counter(
    "quarterdeck_cluster_retries",
    "Requests sent a second time over a fresh connection (request), and feeds that failed and start over (feed).",
    ["cluster", "kind"],
    registry=None,
)
CIRCUIT_OPENINGS = Counter(
    "quarterdeck_circuit_breaker_openings",
    "How often an API server was found to hang, so that calls to it fail at once for some seconds.",
    registry=None,
)
REVIEW_LOOKUPS = Counter(
    "quarterdeck_review_cache_lookups",
    "Access reviews (access) and rules of a namespace (rules) that were found in the cache, or not.",
    ["kind", "result"],
    registry=None,
)

_clusters: set[str] = set()
_lock = threading.Lock()


class RequestTimer:
    """Times one request from its creation to `finish`, which counts once.

    As a context manager it ends with an error of the block; what was cancelled is not counted.
    """

    def __init__(self, cluster: str, method: str, path: str, query: Sequence[tuple[str, str]] = ()) -> None:
        verb = parse_attributes(method, path, query).verb
        self._labels = (label_cluster(cluster), verb if verb in VERBS else OTHER)
        self._started_at = time.monotonic()
        self._is_finished = False

    def finish(self, status: int) -> None:
        """`status` is the HTTP status, 0 where there was no response."""
        if not self._is_finished:
            self._is_finished = True
            seconds = time.monotonic() - self._started_at
            REQUEST_SECONDS.labels(*self._labels, status_class(status)).observe(seconds)

    def __enter__(self) -> RequestTimer:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, asyncio.CancelledError | GeneratorExit):
            self.finish(getattr(error, "status", 0))


def count_retry(cluster: str, kind: str) -> None:
    """`kind` is request or feed."""
    RETRIES.labels(label_cluster(cluster), kind).inc()


def count_lookups(kind: str, *, hits: int = 0, misses: int = 0) -> None:
    """`kind` is access or rules."""
    REVIEW_LOOKUPS.labels(kind, "hit").inc(hits)
    REVIEW_LOOKUPS.labels(kind, "miss").inc(misses)


def status_class(status: int) -> str:
    """`1xx` to `5xx`, or `none` without a response."""
    return f"{status // 100}xx" if 100 <= status < 600 else NO_RESPONSE


def label_cluster(cluster: str) -> str:
    """The cluster's ID; a URL stands for a server that is not saved yet, and is no label."""
    if not _CLUSTER_ID.fullmatch(cluster):
        return UNSAVED
    with _lock:
        if cluster not in _clusters and len(_clusters) >= MAX_CLUSTERS:
            return OTHER
        _clusters.add(cluster)
    return cluster
