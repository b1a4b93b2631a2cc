"""Accounts: whose data gives way where a budget of memory is spent (class 48)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clusters.api.errors import LimitReached
from clusters.api.memory import Account, MemoryBudget


def open_accounts(limit: int = 1000) -> tuple[MemoryBudget, Callable[[str, str], Account], list[str]]:
    budget, evicted = MemoryBudget(lambda: limit), list[str]()

    def open_account(person: str, cluster: str) -> Account:
        return budget.open(person, cluster, lambda message: evicted.append(f"{person} {cluster}: {message}"))

    return budget, open_account, evicted


def test_beyond_a_users_share_what_grew_gives_way() -> None:
    budget, open_account, evicted = open_accounts()
    first, second = open_account("ann", "a"), open_account("ann", "b")
    first.charge(400)
    second.charge(100)
    with pytest.raises(LimitReached, match="for one user"):
        second.charge(1)
    assert (budget.held, evicted) == (500, [])


def test_beyond_a_clusters_share_who_holds_most_of_it_does() -> None:
    budget, open_account, evicted = open_accounts()
    large, small = open_account("ann", "a"), open_account("bob", "a")
    open_account("ann", "b").charge(90)
    large.charge(400)
    small.charge(101)
    assert [one.partition(":")[0] for one in evicted] == ["ann a"]
    assert (large.is_closed, small.held, budget.held) == (True, 101, 191)
    with pytest.raises(LimitReached):
        large.charge(1)


def test_beyond_all_of_it_who_holds_most_does() -> None:
    budget, open_account, evicted = open_accounts()
    accounts = {one: open_account(one, f"cluster of {one}") for one in ("ann", "bob", "cyd")}
    accounts["ann"].charge(480)
    accounts["bob"].charge(450)
    accounts["cyd"].charge(60)
    accounts["cyd"].charge(40)
    assert [one.partition(":")[0] for one in evicted] == ["ann cluster of ann"]
    assert budget.held == 550
    assert accounts["cyd"].held == 100


def test_what_was_closed_holds_nothing_and_takes_nothing() -> None:
    budget, open_account, _evicted = open_accounts()
    account = open_account("ann", "a")
    account.charge(300)
    account.close()
    account.release(300)
    assert budget.held == 0
    with pytest.raises(LimitReached):
        account.charge(1)
