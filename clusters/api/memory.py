"""Memory budget: bytes of cluster data in this process, by user and cluster, charged to accounts as they arrive."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from clusters.api.errors import LimitReached

MEBIBYTE = 1024 * 1024
SHARE = 2  # one user, or one cluster, can hold the budget divided by this
ONE_USER = "Your open pages hold more cluster data than this server allows for one user."
MOST_OF_CLUSTER = (
    "The open pages of this cluster hold more data than this server allows, and this one is your largest."
)
MOST_OF_ALL = "This server reached its limit of cluster data, and your pages hold most of it."
CLOSED_LIST = (
    "It was closed. Narrow it down by namespace, selector or name, or close other pages, then reload."
)
Evict = Callable[[str], None]


class Account:
    """What one feed, or the calls of one cluster session, hold. Any thread.

    Without a budget nothing is counted: for calls that no user sent. `evict`, called with a message, ends the feed
    whose account it is where it has to make room for others.
    """

    def __init__(
        self,
        budget: MemoryBudget | None = None,
        person: str = "",
        cluster: str = "",
        evict: Evict | None = None,
    ) -> None:
        self.person = person
        self.cluster = cluster
        self.evict = evict
        self.held = 0  # bytes
        self.is_closed = False
        self._budget = budget

    def charge(self, size: int) -> None:
        """Hold so many bytes more. LimitReached where they are too many and nobody else has to give way."""
        if self._budget is not None and size > 0:
            self._budget.charge(self, size)

    def release(self, size: int) -> None:
        """Hold so many bytes less."""
        if self._budget is not None and size > 0:
            self._budget.release(self, size)

    def move(self, before: int, after: int) -> None:
        """Hold `after` bytes in place of `before`."""
        self.charge(after - before)
        self.release(before - after)

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """So many bytes for the length of the block."""
        self.charge(size)
        try:
            yield
        finally:
            self.release(size)

    def close(self) -> None:
        """Hold nothing, for good: whatever still arrives is LimitReached."""
        if self._budget is not None:
            self._budget.close(self)


UNCOUNTED = Account()


@dataclass(frozen=True)
class _Verdict:
    """Whose account has to give way, and why."""

    account: Account
    message: str


class MemoryBudget:
    """The accounts of one process. `limit` is how many bytes all of them can hold together."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._lock = threading.RLock()
        self._holding: set[Account] = set()
        self._by_person: Counter[str] = Counter()
        self._by_cluster: Counter[str] = Counter()
        self._by_both: Counter[tuple[str, str]] = Counter()
        self.held = 0  # bytes

    def open(self, person: str, cluster: str, evict: Evict | None = None) -> Account:
        """A new account; it is nothing to the budget while it holds nothing."""
        return Account(self, person, cluster, evict)

    def charge(self, account: Account, size: int) -> None:
        """Raises LimitReached where this account has to give way; others that have to are closed and evicted."""
        with self._lock:
            if account.is_closed:
                raise LimitReached(CLOSED_LIST)
            self._count(account, size)
            evicted = []
            while (verdict := self._judge(account)) is not None:
                if verdict.account is account:
                    self._count(account, -size)
                    raise LimitReached(f"{verdict.message} {CLOSED_LIST}")
                self.close(verdict.account)
                evicted.append(verdict)
        for verdict in evicted:
            if verdict.account.evict is not None:
                verdict.account.evict(f"{verdict.message} {CLOSED_LIST}")

    def release(self, account: Account, size: int) -> None:
        with self._lock:
            self._count(account, -min(size, account.held))

    def close(self, account: Account) -> None:
        with self._lock:
            self._count(account, -account.held)
            account.is_closed = True

    def _count(self, account: Account, size: int) -> None:
        account.held += size
        self.held += size
        for counter, key in (
            (self._by_person, account.person),
            (self._by_cluster, account.cluster),
            (self._by_both, (account.person, account.cluster)),
        ):
            counter[key] += size  # type: ignore[index] # each has keys of its own
            if not counter[key]:  # type: ignore[index]
                del counter[key]
        if account.held:
            self._holding.add(account)
        else:
            self._holding.discard(account)

    def _judge(self, account: Account) -> _Verdict | None:
        """Beyond a user's share what grew gives way; beyond a cluster's, or in all, who holds most of it does."""
        limit = self._limit()
        if self._by_person[account.person] > limit // SHARE:
            return _Verdict(account, ONE_USER)
        if self._by_cluster[account.cluster] > limit // SHARE:
            here = {who: held for (who, where), held in self._by_both.items() if where == account.cluster}
            largest = max(here, key=lambda person: here[person])
            return _Verdict(self._find_largest(account, largest, account.cluster), MOST_OF_CLUSTER)
        if self.held > limit:
            person = max(self._by_person, key=lambda one: self._by_person[one])
            return _Verdict(self._find_largest(account, person), MOST_OF_ALL)
        return None

    def _find_largest(self, account: Account, person: str, cluster: str = "") -> Account:
        """What grew, where it is this person's; else the largest feed of theirs."""
        if person == account.person:
            return account
        theirs = [
            one
            for one in self._holding
            if one.person == person and one.evict is not None and cluster in ("", one.cluster)
        ]
        return max(theirs, key=lambda one: one.held, default=account)
