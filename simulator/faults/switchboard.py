"""Which fault meets which request? `cluster.faults.on(fault, match)` until it is switched off.

A fault stands where a proxy or a broken API server would: before anybody is asked who they are. It answers in place of
the cluster, or lets it answer (`go_on`) and spoils what it says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

if TYPE_CHECKING:  # a call knows its cluster, and a cluster its faults
    from simulator.requests.call import Call

MOST = 32  # faults that are on at once

GoOn: TypeAlias = "Callable[[], Awaitable[web.StreamResponse]]"
Fault: TypeAlias = "Callable[[Call, GoOn], Awaitable[web.StreamResponse]]"
Match: TypeAlias = "Callable[[Call], bool]"


def everything(_call: Call) -> bool:
    return True


def all_but_health(call: Call) -> bool:
    return call.info.path.strip("/") not in ("readyz", "livez", "healthz")


def lists(call: Call) -> bool:
    return call.info.verb == "list"


def watches(call: Call) -> bool:
    return call.info.verb == "watch"


def writes(call: Call) -> bool:
    """What may change something; reviews among them."""
    return call.request.method not in ("GET", "HEAD")


def upgrades(call: Call) -> bool:
    return call.headers.get("Upgrade", "").lower() == "websocket"


def of(plural: str) -> Match:
    """Requests for this kind, its parts included."""
    return lambda call: call.info.resource == plural


@dataclass
class Switch:
    """A fault that is on. `hits` is how many requests met it; after `times` of them it lets the next ones pass."""

    fault: Fault
    match: Match
    times: int = 0  # 0: always
    hits: int = 0


@dataclass
class Faults:
    """Of one cluster. May be switched from any thread; what is under way meets only `silence`."""

    silences: int = 0  # how often all connections died: streams compare it with what it was when they began
    _on: list[Switch] = field(default_factory=list)

    def on(self, fault: Fault, match: Match = everything, *, times: int = 0) -> Switch:
        """Until `off`. Of several that match, the first that was switched on. Raises ValueError beyond 32."""
        if len(self._on) >= MOST:
            raise ValueError(f"{MOST} faults are on: switch one off first.")
        switch = Switch(fault, match, times)
        self._on = [*self._on, switch]
        return switch

    def off(self, switch: Switch) -> None:
        self._on = [one for one in self._on if one is not switch]

    @contextmanager
    def during(self, fault: Fault, match: Match = everything, *, times: int = 0) -> Iterator[Switch]:
        """On within the block."""
        switch = self.on(fault, match, times=times)
        try:
            yield switch
        finally:
            self.off(switch)

    def silence(self) -> None:
        """Every stream that is open dies without a FIN: nothing comes over it any more, not even its end."""
        self.silences += 1

    def met_by(self, call: Call) -> Fault | None:
        for switch in self._on:
            if switch.match(call) and not (switch.times and switch.hits >= switch.times):
                switch.hits += 1
                return switch.fault
        return None
