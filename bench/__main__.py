"""Benchmark command (`make bench`): runs the measures in order and writes docs/benchmarks.md."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from bench import (
    actions,
    audit_trail,
    drains,
    editor,
    first_rows,
    heap,
    log_lines,
    machine,
    main_thread,
    page,
    requests_sent,
    row_latency,
    row_memory,
    under_attack,
    window_time,
    wire,
)
from bench.figures import Figure
from bench.world import Measure, check_names, options, print_figure, say, world
from tests.dashboard_server import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
MEASURES: Mapping[str, Measure] = {
    "first_rows": first_rows.measure,
    "wire": wire.measure,
    "heap": heap.measure,
    "row_latency": row_latency.measure,
    "main_thread": main_thread.measure,
    "window_time": window_time.measure,
    "row_memory": row_memory.measure,
    "requests_sent": requests_sent.measure,
    "log_lines": log_lines.measure,
    "audit_trail": audit_trail.measure,
    "actions": actions.measure,
    "drains": drains.measure,
    "editor": editor.measure,
    "under_attack": under_attack.measure,
}


def main() -> int:
    """0 where everything that has a goal meets it."""
    chosen = options()
    if not check_names("measure", chosen.measures, MEASURES):
        return 2
    names = chosen.measures or list(MEASURES)
    where: Path | None = chosen.page or (PAGE if not chosen.measures and not chosen.small else None)
    figures: list[Figure] = []
    with world(chosen.pods, is_small=chosen.small) as environment:
        ran_on = machine.describe(environment)
        for name in names:
            say(f"--- {name}")
            for figure in MEASURES[name](environment):
                print_figure(figure)
                figures.append(figure)
    if where:
        page.write(where, ran_on, figures)
        say(f"written to {where}")
    missed = [figure.measure for figure in figures if figure.met is False]
    say(f"missed: {'; '.join(missed)}" if missed else "every goal is met")
    return 1 if missed and not chosen.small else 0


if __name__ == "__main__":
    sys.exit(main())
