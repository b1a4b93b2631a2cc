"""Access cache: answers end with their time, with a 401 or 403, and where there are too many."""

from __future__ import annotations

import pytest

from clusters.access.cache import Cache
from clusters.api import last_denied

PERSON, OTHER = ("print-of-dana", "server"), ("print-of-rene", "server")


class Clock:
    """Seconds, beginning after everything that `last_denied` has noted by the real clock."""

    now = 1e12

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> Cache[str, int]:
    return Cache(seconds=30.0, size=2, timer=clock)


def test_an_answer_is_as_old_as_its_question(cache: Cache[str, int], clock: Clock) -> None:
    ticket = cache.ticket(PERSON)
    clock.now += 20
    cache.put(ticket, "pods", 1)
    clock.now += 9
    assert cache.get(PERSON, "pods") == 1
    assert cache.get(OTHER, "pods") is None
    clock.now += 1
    assert cache.get(PERSON, "pods") is None


def test_one_that_took_too_long_is_not_kept(cache: Cache[str, int], clock: Clock) -> None:
    ticket = cache.ticket(PERSON)
    clock.now += 30
    cache.put(ticket, "pods", 1)
    assert cache.get(PERSON, "pods") is None


def test_the_least_recently_used_one_goes(cache: Cache[str, int], clock: Clock) -> None:
    for number, key in enumerate(("pods", "nodes")):
        cache.put(cache.ticket(PERSON), key, number)
    assert cache.get(PERSON, "pods") == 0
    cache.put(cache.ticket(PERSON), "events", 2)
    assert [cache.get(PERSON, key) for key in ("pods", "nodes", "events")] == [0, None, 2]


def test_none_is_older_than_the_last_401_or_403() -> None:
    cache: Cache[str, int] = Cache(seconds=30.0, size=9)  # by the clock of last_denied
    late = cache.ticket(PERSON)
    cache.put(cache.ticket(PERSON), "pods", 1)
    cache.put(cache.ticket(OTHER), "pods", 2)
    last_denied.note(PERSON[0])
    cache.put(late, "nodes", 3)
    assert [cache.get(PERSON, key) for key in ("pods", "nodes")] == [None, None]
    assert cache.get(OTHER, "pods") == 2
    cache.put(cache.ticket(PERSON), "pods", 4)
    assert cache.get(PERSON, "pods") == 4


def test_a_credential_is_forgotten_at_once(cache: Cache[str, int]) -> None:
    cache.put(cache.ticket(PERSON), "pods", 1)
    cache.put(cache.ticket(OTHER), "pods", 2)
    cache.forget(PERSON[0])
    assert [cache.get(one, "pods") for one in (PERSON, OTHER)] == [None, 2]
