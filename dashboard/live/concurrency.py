"""Concurrency of open pages: how many are opened and rendered at once, by user and cluster."""

from __future__ import annotations

from clusters.api.fair_slots import FairSlots, SlotLimits
from clusters.runtime import POOLS

# A cluster that hangs, and a user with many pages, leave most of the threads to others. Who waits longer than
# `max_wait` has a page that waits for its cluster.
OPENING = SlotLimits(total=POOLS["enter"].threads, per_user=8, per_cluster=8, max_wait=15.0)
RENDERING = SlotLimits(total=POOLS["render"].threads)

opening_slots = FairSlots(OPENING)
rendering_slots = FairSlots(RENDERING)
