"""Metrics for Prometheus: all that this process exposes, registered here by hand.

Labels are bounded: names of routes, methods, classes of status codes, states, and IDs of clusters. None holds a
username, a namespace, an object's name or a secret.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from clusters.api import metrics as cluster_metrics
from clusters.api.circuit_breaker import breaker
from clusters.feeds.states import State
from clusters.gateway.hub import hub
from people.audit import metrics as audit_metrics
from people.audit.writer import writer
from people.broadcast import broadcast
from people.storage import read_pool_use

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # the format that every Prometheus reads
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNRESOLVED, OTHER = "none", "other"

REQUEST_SECONDS = Histogram(
    "quarterdeck_http_request_duration_seconds",
    "Requests to this server, until the last byte of the response was handed on, by the name of the route.",
    ["route", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
    registry=None,
)
OPEN_SOCKETS = Gauge("quarterdeck_open_sockets", "WebSockets of open pages.", registry=None)


class CurrentState(Collector):
    """What is read when it is asked for, and not counted along the way."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        feeds = GaugeMetricFamily("quarterdeck_feeds", "Feeds by state.", labels=["state"])
        states = hub.count_states()
        for state in State:
            feeds.add_metric([state.value], states[state])
        yield feeds
        yield GaugeMetricFamily("quarterdeck_feed_rows", "Rows that all feeds hold.", value=hub.rows())
        yield GaugeMetricFamily(
            "quarterdeck_held_bytes", "Cluster data that is held, in bytes.", value=hub.budget.held
        )
        yield GaugeMetricFamily(
            "quarterdeck_open_circuit_breakers",
            "API servers that hang, and are not called at this moment.",
            value=breaker.count_open(),
        )
        yield GaugeMetricFamily(
            "quarterdeck_audit_queue_entries",
            "Audit entries that wait to be written.",
            value=writer.count_queued(),
        )
        yield GaugeMetricFamily(
            "quarterdeck_audit_writable",
            "Whether the last write to the audit trail succeeded: 1 or 0.",
            value=int(writer.health.is_writable),
        )
        yield from _collect_database()
        yield GaugeMetricFamily(
            "quarterdeck_broadcast_working",
            "Whether this process can send messages to others: 1 or 0.",
            value=int(broadcast.late_since is None),
        )


def _collect_database() -> Iterator[GaugeMetricFamily]:
    used = GaugeMetricFamily(
        "quarterdeck_database_connections",
        "Connections of the pool that are in use.",
        labels=["database"],
    )
    waiting = GaugeMetricFamily(
        "quarterdeck_database_waiting_requests",
        "Requests that wait for a connection of the pool.",
        labels=["database"],
    )
    for alias, use in read_pool_use().items():
        used.add_metric([alias], use.used)
        waiting.add_metric([alias], use.waiting)
    yield used
    yield waiting


disable_created_metrics()  # type: ignore[no-untyped-call] # a series more for each, with the time of its first value
REGISTRY = CollectorRegistry()
for _metric in (
    REQUEST_SECONDS,
    OPEN_SOCKETS,
    CurrentState(),
    cluster_metrics.REQUEST_SECONDS,
    cluster_metrics.RETRIES,
    cluster_metrics.CIRCUIT_OPENINGS,
    cluster_metrics.REVIEW_LOOKUPS,
    audit_metrics.WRITE_SECONDS,
):
    REGISTRY.register(_metric)
ProcessCollector(registry=REGISTRY)


def render() -> bytes:
    """All metrics in the text format of Prometheus."""
    return generate_latest(REGISTRY)


def observe_request(route: str, method: str, status: int, seconds: float) -> None:
    """`route` is a view's name, "" for a URL that leads nowhere; `status` is 0 where no response was sent."""
    REQUEST_SECONDS.labels(
        route or UNRESOLVED,
        method if method in METHODS else OTHER,
        cluster_metrics.status_class(status),
    ).observe(seconds)
