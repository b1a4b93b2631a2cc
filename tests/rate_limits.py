"""Rate limits of the audit trail: as in a process that has just started."""

from __future__ import annotations

import pytest

from clusters.credentials import unreadable
from clusters.gateway import denials, secret_reads
from dashboard.accounts import signin_failures
from dashboard.audit import middleware


def allow_all_again() -> None:
    """What was recorded a moment ago is recorded once more."""
    for limiter in (
        denials.rate_limiter,
        secret_reads.rate_limiter,
        middleware.denied_limiter,
        signin_failures.throttled_limiter,
        unreadable.rate_limiter,
    ):
        limiter.clear()


@pytest.fixture
def fresh_rate_limits() -> None:
    """Other tests had people of the same names."""
    allow_all_again()
