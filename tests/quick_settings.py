"""Django settings of the server processes that tests start: the product's, but what is seldom done is done often.

Only how long it takes until a server notices something by itself is shorter here. What a page waits for after a fault
is as in production, since tests measure it. There is no variable for any of it, and production refuses these settings.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from clusters.counting.timings import CountingTimings
from clusters.feeds.timings import FeedTimings
from clusters.logs.timings import LogTimings
from clusters.operations.timings import OperationTimings
from clusters.terminal.timings import TerminalTimings
from dashboard.settings import *  # noqa: F403 - all of the product, as it is
from dashboard.settings import PRODUCTION
from dashboard.timings import AuditTimings, EditTimings, LiveTimings, PassthroughTimings, Timings

if PRODUCTION:
    raise ImproperlyConfigured("tests.quick_settings are for tests; production has dashboard.settings.")

TIMINGS = Timings(
    feeds=FeedTimings(healthy_interval=1.0, review=4.0, poll=2.0),
    counting=CountingTimings(poll=2.0),
    operations=OperationTimings(heartbeat=0.5, lease=4.0, save=0.2, watch=0.3),
    live=LiveTimings(session_check=1.0),
    passthrough=PassthroughTimings(check=0.5, review=2.0),
    logs=LogTimings(review=4.0),
    terminal=TerminalTimings(check=0.5, review=2.0, hang_up=3.0),
    audit=AuditTimings(poll=0.5, pace=0.1, burst_pace=0.3),
    edit=EditTimings(draft=0.2),
)
