"""Test runner: a lane in parts beside each other, failed tests once more alone, one closing line for all of it.

`make test`, `make test-fast`, `make test-long`. With arguments of pytest (`make test ARGS="tests/people -x"`) it is
pytest alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests import cache, flaky
from tests.lanes import LANES, Lane
from tests.report import Report, read_report

ROOT = Path(__file__).resolve().parent.parent
DURATIONS = "--durations=25"
FAILED = 1  # pytest's exit code where tests failed
IN_ORDER = (
    "failed",
    "passed",
    "skipped",
    "deselected",
    "xfailed",
    "xpassed",
    "flaky",
    "error",
)  # as pytest has it


@dataclass(frozen=True)
class Ended:
    code: int
    report: Report

    @property
    def may_be_flaky(self) -> bool:
        """Whether nothing is wrong but tests that may run again."""
        report = self.report
        return self.code == FAILED and bool(report.failed) and not (report.broken or report.is_incomplete)


def main(arguments: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(143))  # so that the parts end too
    name = next((one.removeprefix("--lane=") for one in arguments if one.startswith("--lane=")), "usual")
    others = [one for one in arguments if not one.startswith("--lane=")]
    lane = LANES[name]
    if others:
        os.chdir(ROOT)
        os.execv(sys.executable, command(*lane.selected, *others))
    return run(lane, ROOT)


def run(lane: Lane, folder: Path) -> int:
    """0, or the worst exit code of a part; a part whose failures were all flaky counts as good."""
    began = time.monotonic()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quarterdeck-tests-")))
        ended = run_parts(lane, folder, work)
        failed = [one for each in ended.values() for one in each.report.failed]
        verdict = flaky.judge(lane.name, failed, lambda one: passes_alone(one, lane, folder, work))
    codes = {
        part: 0 if one.may_be_flaky else abs(one.code) for part, one in ended.items()
    }  # a signal is negative
    code = max([*codes.values(), 0 if verdict.is_good else FAILED])
    if code == 0 and lane.is_measured:
        seconds = {file: took for one in ended.values() for file, took in one.report.seconds.items()}
        cache.update("durations.json", lane.name, seconds)
    for part, one in ended.items():
        print(f"The part {part!r} ended with {one.code}.")
    for line in verdict.lines():
        print(line)
    print(closing_line(ended, verdict, time.monotonic() - began), flush=True)
    return code


def run_parts(lane: Lane, folder: Path, work: Path) -> dict[str, Ended]:
    """The first part is shown while it runs, the others' words when all have ended."""
    shown = next(iter(lane.parts))
    with ExitStack() as stack:
        kept = {part: stack.enter_context(tempfile.TemporaryFile()) for part in lane.parts if part != shown}
        reports = {part: work / f"{number}.json" for number, part in enumerate(lane.parts)}
        running = {
            part: start(folder, kept.get(part), reports[part], [*lane.selected, DURATIONS, *options])
            for part, options in lane.parts.items()
        }
        try:
            deadline = time.monotonic() + lane.seconds
            codes = {part: wait(one, deadline) for part, one in running.items()}
        finally:
            for one in running.values():
                if one.poll() is None:
                    one.terminate()
                    one.wait()
            for words in kept.values():
                show(words)
    return {part: Ended(code, read_report(reports[part])) for part, code in codes.items()}


def wait(part: subprocess.Popen[bytes], deadline: float) -> int:
    """Its exit code; one that has not ended by then is ended, which is a failure."""
    try:
        return part.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        part.kill()
        return part.wait()


def passes_alone(test: str, lane: Lane, folder: Path, work: Path) -> bool:
    print(f"\nOnce more, alone: {test}", flush=True)
    report = work / "again.json"
    with tempfile.TemporaryFile() as words:
        code = start(folder, words, report, [*lane.selected, *lane.alone, test]).wait()
        if code:
            show(words)
    return code == 0 and read_report(report).counts.get("passed", 0) > 0


def start(
    folder: Path, output: IO[bytes] | None, report: Path, options: Sequence[str]
) -> subprocess.Popen[bytes]:
    report.write_text("")
    return subprocess.Popen(
        command("-p", "tests.report", f"--report={report}", *options),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # for tests.report, wherever the tests are
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
    )


def show(words: IO[bytes]) -> None:
    """What a process said that was not shown while it ran."""
    words.seek(0)
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\n" + words.read())
    sys.stdout.flush()


def closing_line(ended: dict[str, Ended], verdict: flaky.Verdict, seconds: float) -> str:
    """As pytest writes it, for all parts together: `==== 5700 passed, 12 skipped in 700.12s (0:11:40) ====`."""
    counts: Counter[str] = Counter()
    for one in ended.values():
        counts.update(one.report.counts)
    counts["flaky"] = len(verdict.flaky)
    counts["deselected"] = 0  # each part leaves out what is in the others
    counts["failed"] = len(verdict.failed)
    said = ", ".join(f"{counts[name]} {name}" for name in IN_ORDER if counts[name]) or "no tests ran"
    minutes, rest = divmod(int(seconds), 60)
    line = f" {said} in {seconds:.2f}s ({minutes // 60}:{minutes % 60:02}:{rest:02}) "
    return line.center(80, "=")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
