"""Faults and restarts of the installation, each as a function that returns when things are as they should be again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.replicas.installation import Installation
from tests.dashboard_server import ROOT

SETTLE = 3.0  # seconds of traffic before a fault
SURVIVORS_MAY_TAKE = 10.0  # seconds that are looked at after a process was killed, before it is started again

Wait = Callable[[float], None]
Act = Callable[[Installation, Wait, float], float]


@dataclass(frozen=True)
class Scenario:
    """`act` does it, for `minute` seconds where something is away, and `wait` lets time pass.

    Its result is the moment from which recovery counts: when what failed was back, else when it failed.
    """

    title: str
    act: Act
    writers: int = 4
    starts_previous: bool = False


def restart_each(installation: Installation, wait: Wait, _minute: float) -> float:
    began = time.monotonic()
    for one in installation.replicas:
        assert one.end_server() == 0
        one.start_server()
        wait(SETTLE)
    return began


def upgrade_each(installation: Installation, wait: Wait, minute: float) -> float:
    for one in installation.replicas:
        one.root = ROOT
    return restart_each(installation, wait, minute)


def be_away(take: Callable[[Installation], object], bring_back: Callable[[Installation], object]) -> Act:
    """What makes one part of the installation go for a minute, and come back."""

    def act(installation: Installation, wait: Wait, minute: float) -> float:
        take(installation)
        wait(minute)
        bring_back(installation)
        return time.monotonic()

    return act


def fail_over(installation: Installation, wait: Wait, _minute: float) -> float:
    """The primary dies, and the standby is promoted five seconds later."""
    failed = time.monotonic()
    installation.primary.stop()
    wait(5)
    installation.standby.promote()
    installation.standby.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
    installation.standby.execute("SELECT pg_reload_conf()")
    installation.primary, installation.standby = installation.standby, installation.primary
    return failed


def kill_one(installation: Installation, wait: Wait, _minute: float) -> float:
    """One process dies, and comes back later than the other has taken over."""
    one = installation.replicas[0]
    failed = time.monotonic()
    one.send_signal(signal.SIGKILL)
    one.wait_for_end()
    wait(SURVIVORS_MAY_TAKE)
    one.start_server()
    return failed


SCENARIOS = {
    "restart": Scenario("Rolling restart", restart_each),
    "upgrade": Scenario("Rolling upgrade from {previous}", upgrade_each, starts_previous=True),
    "redis_stopped": Scenario(
        "Redis stopped for {minute:.0f} s",
        be_away(lambda one: one.redis.stop(), lambda one: one.redis.start()),
    ),
    "redis_frozen": Scenario(
        "Redis hung for {minute:.0f} s", be_away(lambda one: one.redis.freeze(), lambda one: one.redis.thaw())
    ),
    "postgresql_stopped": Scenario(
        "PostgreSQL stopped for {minute:.0f} s",
        be_away(lambda one: one.primary.stop(), lambda one: one.primary.start()),
    ),
    "postgresql_frozen": Scenario(
        "PostgreSQL hung for {minute:.0f} s",
        be_away(lambda one: one.primary.freeze(), lambda one: one.primary.thaw()),
    ),
    "failover": Scenario("PostgreSQL failed over, 5 s without a primary", fail_over),
    "killed": Scenario("One process killed (SIGKILL) under 40 writers", kill_one, writers=40),
}
