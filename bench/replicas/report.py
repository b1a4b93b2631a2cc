"""Report of `make replicas`: the table of docs/replicas-measured.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

HEAD = """\
# What two processes do when a part fails

This page is written by `make replicas`; do not edit it. The command starts a real control plane, PostgreSQL with a
synchronous standby, Redis, and two processes in production mode behind nginx, which has the blocks that
[deployment](deployment.md) and [several processes](replicas.md) print. Each row is an installation of its own, with 100
open pages of 20 people, a Chromium with one page more, three people who open pages ten times a second, and four who
create teams. All of it shares one machine, so the seconds are rough.

Seconds count from the end of what happened; of restarts, a failover and a killed process from their beginning.

Nothing is lost where each change that was acknowledged is in the database and has its row in the audit log, each page
shows an object that was created after the fault, and `verify_audit` finds the chain whole. A change is undecided where
no answer came (502): the person looks, as after a broken connection anywhere. The audit log shows a change as unknown
where its database went away between the change and its result; the change itself has its row.
"""
COLUMNS = (
    "What happened", "Longest break of an open page", "All open pages up to date after", "Last page that failed after",
    "Pages that failed", "Changes acknowledged, refused, undecided", "Lost", "What an open page said",
)  # fmt: skip


@dataclass
class Found:
    """What one scenario showed. Seconds count from the end of the fault, or from the fault where it has no end."""

    title: str
    said: list[str]
    longest_break: float
    seconds_to_live: float
    seconds_to_answers: float
    probes: int
    bad_probes: Counter[str]
    acknowledged: int
    refused: Counter[str]
    undecided: int
    unknown: int
    lost: list[str]
    audit: str


def describe(found: Found) -> Iterable[str]:
    """The same as the row, a line each."""
    return (f"{column}: {cell}" for column, cell in zip(COLUMNS, _cells(found), strict=True))


def write(path: Path, ran_on: Sequence[tuple[str, str]], found: Sequence[Found]) -> None:
    """The whole page."""
    rows = [f"| {' | '.join(cell.replace('|', '/') for cell in _cells(one))} |" for one in found]
    table = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS), *rows, ""]
    programs = [
        "## What it ran on\n",
        "| | |",
        "|---|---|",
        *(f"| {what} | {which} |" for what, which in ran_on),
        "",
    ]
    path.write_text("\n".join([HEAD, *table, *programs]))


def _cells(found: Found) -> Sequence[str]:
    said = "; ".join(f"“{one}”" for one in found.said if not one.startswith("Live for")) or "nothing"
    return (
        found.title,
        f"{found.longest_break:.1f} s" if found.longest_break else "none",
        f"{found.seconds_to_live:.1f} s",
        f"{found.seconds_to_answers:.1f} s" if found.bad_probes else "none failed",
        f"{found.bad_probes.total()} of {found.probes}{_count(found.bad_probes)}",
        f"{found.acknowledged}, {found.refused.total() - found.undecided}, {found.undecided}",
        "; ".join(found.lost[:3]) or _describe_audit(found),
        said,
    )


def _describe_audit(found: Found) -> str:
    unknown = (
        f", {found.unknown} acknowledged without a result in the audit log (unknown)" if found.unknown else ""
    )
    return f"nothing; “{found.audit}”{unknown}"


def _count(bad: Counter[str]) -> str:
    return f" ({', '.join(f'{number} x {word}' for word, number in bad.most_common())})" if bad else ""
