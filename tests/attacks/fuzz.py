"""Fuzzing: mutations of good and bad inputs from a seed, and limits for each input.

Hypothesis chooses the seeds (always the same ones in a run), each seed makes a batch; an input that is found is kept in
fuzz_cases.py, with which every batch begins anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random

from hypothesis import HealthCheck, settings

LONGEST = 6000  # characters of an input; what is larger than limits allow has tests of its own (class 20)
SLOWEST = 2.0  # seconds of this thread on a processor for one input


def batch_settings(inputs: int, batch: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Settings of a test that takes `batch` inputs a seed: the same seeds in each run, no database, no deadline."""
    return settings(
        max_examples=inputs // batch,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


class Mutations:
    """Endless texts near those of a corpus; `words` are what the parser under test reacts to."""

    def __init__(self, corpus: Sequence[str], words: Sequence[str]) -> None:
        self.corpus, self.words = corpus, words

    def batch(self, seed: int, number: int) -> Iterator[str]:
        random = Random(seed)
        return (self._one(random) for _ in range(number))

    def _one(self, random: Random) -> str:
        text = random.choice(self.corpus)
        for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
            text = random.choice(_CHANGES)(text, random, self)
        return text[:LONGEST]


def _pick_range(text: str, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(text))
    return start, min(len(text), start + random.choice((0, 1, 1, 2, 5, 20, 100)))


def _insert(text: str, random: Random, mutations: Mutations) -> str:
    start, _end = _pick_range(text, random)
    return text[:start] + random.choice(mutations.words) + text[start:]


def _replace(text: str, random: Random, mutations: Mutations) -> str:
    start, end = _pick_range(text, random)
    return text[:start] + random.choice(mutations.words) + text[end:]


def _delete(text: str, random: Random, _mutations: Mutations) -> str:
    start, end = _pick_range(text, random)
    return text[:start] + text[end:]


def _repeat(text: str, random: Random, _mutations: Mutations) -> str:
    start, end = _pick_range(text, random)
    return text[:start] + text[start:end] * random.choice((2, 3, 50)) + text[end:]


def _insert_character(text: str, random: Random, _mutations: Mutations) -> str:
    start, end = _pick_range(text, random)
    limit = random.choice((0x20, 0x80, 0x100, 0xD800, 0x110000))
    made = chr(random.randrange(limit))
    return text[:start] + ("\ufffd" if "\ud800" <= made <= "\udfff" else made) + text[end:]


def _splice(text: str, random: Random, mutations: Mutations) -> str:
    other = random.choice(mutations.corpus)
    return text[: random.randint(0, len(text))] + other[random.randint(0, len(other)) :]


_CHANGES = (_insert, _insert, _replace, _delete, _repeat, _insert_character, _splice)


@contextmanager
def limit_time(found: object) -> Iterator[None]:
    """Names the input, so that it can be kept, where the block fails or takes too long."""
    began = time.thread_time()
    try:
        yield
    except BaseException as failed:
        failed.add_note(f"the input was {found!r}: keep it in tests/attacks/fuzz_cases.py")
        raise
    spent = time.thread_time() - began
    assert spent < SLOWEST, f"{spent:.1f} s for {found!r}: keep it in tests/attacks/fuzz_cases.py"
