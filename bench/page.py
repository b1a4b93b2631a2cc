"""Benchmark report: writes docs/benchmarks.md from the figures of a whole run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure

HEAD = """\
# Benchmarks

This page is written by `make bench`; do not edit it. The command starts a real control plane (100 nodes and 200
Deployments of 50 pods), our server in production mode as people run it, and a Chromium, all on one machine, and
measures in one run what stands below: the process and its discovery are warm, the browser's cache is empty, and no feed
is open before a page is loaded. Ratios can be compared between machines; times cannot.

`make bench ARGS="first_rows heap"` measures only some, and `.venv/bin/python -m bench.first_rows` one alone. `--small`
tries the command out in a minute: its figures mean nothing.
"""


def write(path: Path, machine: Sequence[tuple[str, str]], figures: Sequence[Figure]) -> None:
    """The whole page."""
    path.write_text("\n".join([HEAD, _results(figures), _notes(figures), _machine(machine)]))


def _results(figures: Sequence[Figure]) -> str:
    rows = [
        f"| {_cell(one.measure)} | {_cell(one.reference)} | {_cell(one.goal)} | {_cell(one.result)} | {_verdict(one)} |"
        for one in figures
    ]
    return "\n".join(
        ["| Measure | Reference in the same run | Goal | Found | |", "|---|---|---|---|---|", *rows, ""]
    )


def _notes(figures: Sequence[Figure]) -> str:
    parts = ["## What was measured, and how\n"]
    for one in figures:
        if one.notes:
            parts += [f"**{one.measure}**\n", *(f"- {note}" for note in one.notes), ""]
    return "\n".join(parts)


def _machine(machine: Sequence[tuple[str, str]]) -> str:
    rows = [f"| {_cell(what)} | {_cell(which)} |" for what, which in machine]
    return "\n".join(["## What it ran on\n", "| | |", "|---|---|", *rows, ""])


def _verdict(figure: Figure) -> str:
    return {True: "met", False: "**missed**", None: ""}[figure.met]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
