"""Flaky tests: what failed and passes alone; more than three in a run, or the same one twice in a row, fail it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests import cache

MOST = 3  # in one run
FILE = "flaky.json"  # lane -> the flaky tests of its last run


@dataclass(frozen=True)
class Verdict:
    """Node ids: those that failed twice, those that passed when alone, and of these the ones of the run before too."""

    failed: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    again: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return not self.failed and not self.again and len(self.flaky) <= MOST

    def lines(self) -> list[str]:
        """For the end of the run; none where there is nothing to say."""
        if not self.flaky:
            return []
        lines = [" flaky ".center(80, "="), "These failed, and passed when they ran alone:"]
        lines += [f"FLAKY {one}" for one in self.flaky]
        lines += [f"It was flaky in the run before too, which is a failure: {one}" for one in self.again]
        if len(self.flaky) > MOST:
            lines.append(f"{len(self.flaky)} flaky tests are more than {MOST}, which is a failure.")
        return lines


def judge(lane: str, failed: Iterable[str], passes_alone: Callable[[str], bool]) -> Verdict:
    """Run what failed once more, each alone, and keep which were flaky for the next run of this lane."""
    before = cache.read(FILE).get(lane, [])
    passed = {one: passes_alone(one) for one in dict.fromkeys(failed)}
    flaky = tuple(one for one, did in passed.items() if did)
    cache.update(FILE, lane, list(flaky))
    return Verdict(
        failed=tuple(one for one, did in passed.items() if not did),
        flaky=flaky,
        again=tuple(one for one in flaky if one in before),
    )
