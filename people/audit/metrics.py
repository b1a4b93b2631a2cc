"""Metrics of the audit trail: how long its writes take; `dashboard.monitoring.metrics` exposes them."""

from __future__ import annotations

from prometheus_client import Histogram

WRITE_SECONDS = Histogram(
    "quarterdeck_audit_write_duration_seconds",
    "Transactions that append entries to the audit trail, until they are durable; failed ones included.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0),
    registry=None,
)
