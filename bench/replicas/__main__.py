"""Command `make replicas`: each fault in an installation of its own, and docs/replicas-measured.md."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from bench import machine
from bench.cluster import Api
from bench.replicas import report
from bench.replicas.browser import open_watched_page
from bench.replicas.installation import Installation, previous_version, run_installation
from bench.replicas.pages import COUNT, Pages
from bench.replicas.report import Found
from bench.replicas.scenarios import SCENARIOS, SETTLE, Scenario
from bench.replicas.traffic import Traffic
from bench.world import check_names, say
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.world import fill_small, wait_for_pods
from tests.dashboard_server import ROOT, wait_for

PAGE = ROOT / "docs" / "replicas-measured.md"
RECOVERY_SECONDS = 120.0
# A change has a row before it is made and one with its result after it. Who asks between them, or where the database
# went away between them, finds no result: the audit log shows such a change as unknown.
NO_RESULT = "none"
RESULTS = """
SELECT request.detail ->> 'name', result.result FROM audit_entry AS request
LEFT JOIN audit_entry AS result ON result.request = request.sequence
WHERE request.verb = 'team-create' AND request.phase = 'intent' AND request.detail ->> 'name' LIKE 'team-%'
"""
SETTLED = 5.0  # seconds without a bad answer


def main() -> int:
    """0 where nothing was lost."""
    chosen = options()
    if not check_names("scenario", chosen.scenarios, SCENARIOS):
        return 2
    found = []
    with ControlPlane(progress=say) as plane:
        fill_small(plane)
        wait_for_pods(plane)
        for name in chosen.scenarios or SCENARIOS:
            say(f"--- {name}")
            result = try_scenario(SCENARIOS[name], plane, chosen.seconds, chosen.previous)
            for line in report.describe(result):
                say(f"    {line}")
            found.append(result)
        where: Path | None = chosen.page or (None if chosen.scenarios else PAGE)
        if where:
            report.write(where, describe(plane), found)
            say(f"written to {where}")
    lost = [one.title for one in found if one.lost]
    say(f"something was lost: {'; '.join(lost)}" if lost else "nothing was lost")
    return 1 if lost else 0


def describe(plane: ControlPlane) -> list[tuple[str, str]]:
    """(what, which) of all that took part."""
    programs = {
        "PostgreSQL": ["postgres", "--version"],
        "Redis": ["redis-server", "--version"],
        "nginx": ["nginx", "-v"],
    }
    versions = []
    for name, command in programs.items():
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        versions.append((name, (done.stdout + done.stderr).strip()))
    return [*machine.describe_system(), ("Kubernetes", machine.read_version(Api(plane))), *versions]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Try faults of two processes with PostgreSQL and Redis.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long something is away (60)")
    parser.add_argument("--previous", default="", help="commit of the version to upgrade from")
    parser.add_argument("--page", type=Path, help=f"where to write the table (a whole run: {PAGE.name})")
    parser.add_argument("scenarios", nargs="*", help=", ".join(SCENARIOS))
    return parser.parse_args()


def try_scenario(scenario: Scenario, plane: ControlPlane, seconds: float, previous: str) -> Found:
    if not scenario.starts_previous:
        with run_installation(plane) as installation:
            return observe(scenario, installation, scenario.title.format(minute=seconds), seconds)
    reference = previous or find_previous()
    with previous_version(reference) as root, run_installation(plane, root) as installation:
        return observe(scenario, installation, scenario.title.format(previous=reference[:7]), seconds)


def find_previous() -> str:
    """The commit before the newest migration: an upgrade from there has something to migrate."""
    return subprocess.run(
        ["git", "log", "-1", "--format=%P", "--diff-filter=A", "--", "*/migrations/0*.py"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split()[0]  # fmt: skip


def observe(scenario: Scenario, installation: Installation, title: str, seconds: float) -> Found:
    """One scenario with COUNT open pages, a browser, people who open pages, and writers."""
    sessions = installation.open_cluster()
    pages = Pages(installation.url, sessions)
    traffic = Traffic(installation.url, installation.session("ada"), writers=scenario.writers)
    pages.start()
    try:
        wait_for(lambda: pages.count_live() == COUNT, RECOVERY_SECONDS, "not all pages became live")
        with open_watched_page(installation, sessions[0]) as watched:
            traffic.start()
            watched.wait(SETTLE)
            watched.texts.clear()
            since = scenario.act(installation, watched.wait, seconds)
            seconds_to_live = wait_for_pages(pages, installation, since)
            while time.monotonic() - max(since, traffic.probes.last_bad, traffic.writes.last_bad) < SETTLED:
                watched.wait(0.2)
            traffic.stop()
            watched.wait(1)
            said = list(watched.texts)
    finally:
        traffic.stop()
        pages.stop()
    return Found(
        title=title,
        said=said,
        longest_break=pages.longest_break(),
        seconds_to_live=seconds_to_live,
        seconds_to_answers=max(0.0, traffic.probes.last_bad - since),
        probes=traffic.probes.answers,
        bad_probes=traffic.probes.bad,
        acknowledged=len(traffic.writes.acknowledged),
        refused=traffic.writes.bad,
        undecided=len(traffic.writes.undecided),
        unknown=count_unknown(installation, traffic),
        lost=find_lost(installation, traffic),
        audit=installation.replicas[0].verify_audit(),
    )


def wait_for_pages(pages: Pages, installation: Installation, since: float) -> float:
    """Seconds until each page is live and shows an object that was made after the fault."""
    api = Api(installation.plane)
    mark = f"mark-{int(time.time() * 10) % 10**8}"
    path = "/api/v1/namespaces/shop/configmaps"
    api("POST", path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": mark}})
    made = time.monotonic()
    try:
        wait_for(
            lambda: pages.count_with(mark) == COUNT == pages.count_live(),
            RECOVERY_SECONDS,
            f"{COUNT - pages.count_with(mark)} pages do not show what was made, {COUNT - pages.count_live()} "
            "are not live",
        )
        return max(made, *(one.live_at for one in pages.pages)) - since
    finally:
        api("DELETE", f"{path}/{mark}")


def count_unknown(installation: Installation, traffic: Traffic) -> int:
    """Acknowledged changes that the audit log shows as unknown."""
    made = set(traffic.writes.acknowledged)
    return sum(name in made and not result for name, result in installation.query(RESULTS))


def find_lost(installation: Installation, traffic: Traffic) -> list[str]:
    """What the database or the audit log does not have, or says wrongly, of the changes that were sent."""
    teams = {str(name) for (name,) in installation.query("SELECT name FROM people_team")}
    results = {str(name): str(result or NO_RESULT) for name, result in installation.query(RESULTS)}
    made = set(traffic.writes.acknowledged)
    written = {name for name in teams if name.startswith("team-")}
    return [
        *(f"{name} was acknowledged and is not there" for name in sorted(made - teams)),
        *(f"{name} is there without a row in the audit log" for name in sorted(written - set(results))),
        *(
            f"{name} was acknowledged, and the audit log says {results[name]}"
            for name in sorted(made & set(results))
            if results[name] not in ("ok", NO_RESULT)
        ),
        *(
            f"{name} is not there, and the audit log says ok"
            for name in sorted(set(results) - teams)
            if results[name] == "ok"
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
