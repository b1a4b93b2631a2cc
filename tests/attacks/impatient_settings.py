"""Django settings of a server that waits only moments for the head and the body of a request."""

from __future__ import annotations

from dataclasses import replace

from dashboard.timings import ConnectionTimings
from tests import quick_settings
from tests.quick_settings import *  # noqa: F403 - all of it

TIMINGS = replace(quick_settings.TIMINGS, connections=ConnectionTimings(head=3.0, body=4.0, close=1.0))
