"""Activity of a world's applications: behaviors, rollouts, downtime, load and log lines."""

from __future__ import annotations

from typing import Any

from simulator.controllers.behaviors import Behavior, Rule
from simulator.runtime.script import NodeDowntime, Rollout, Script
from simulator.runtime.sources import Load, Sources
from simulator.worlds.base_objects import node_name
from simulator.worlds.files import Plan, parse_seconds, parse_span

Apps = list[dict[str, Any]]


def build_rules(plan: Plan, apps: Apps) -> list[Rule]:
    return [
        Rule(_build_behavior(plan, app), app["namespace"], app["name"], app["name"])
        for app in apps
        if app.get("behavior")
    ]


def build_script(plan: Plan, apps: Apps) -> Script:
    rollouts = []
    for app in apps:
        if found := app.get("rollout"):
            every = parse_span(found.get("every", "30m"), f"{_path(plan, app)}.rollout.every")
            rollouts.append(Rollout(app["namespace"], app["name"], found["tag"], every))
    return Script(rollouts, [_build_downtime(plan, one) for one in plan.downtimes])


def build_sources(plan: Plan, apps: Apps) -> Sources:
    logs = {(app["namespace"], app["name"]): app["logs"] for app in apps if app.get("logs")}
    loads = {(app["namespace"], app["name"]): _build_load(plan, app) for app in apps if app.get("load")}
    return Sources(logs, loads)


def _build_behavior(plan: Plan, app: dict[str, Any]) -> Behavior:
    found, path = app["behavior"], f"{_path(plan, app)}.behavior"
    every = found.get("unready_every")
    return Behavior(
        exits_after=parse_span(found["after"], f"{path}.after") if "after" in found else None,
        code=found.get("code", 0),
        message=found.get("message", ""),
        is_killed_for_memory=bool(found.get("killed")),
        cannot_pull=found.get("pull", ""),
        share=float(found.get("share", 1)),
        unready_every=parse_span(every, f"{path}.unready_every") if every else None,
        unready_for=parse_span(found.get("unready_for", ["10s", "40s"]), f"{path}.unready_for"),
        unready_message=found.get("why", Behavior.unready_message),
    )


def _build_downtime(plan: Plan, one: dict[str, Any]) -> NodeDowntime:
    path = f"{plan.file}: downtimes ({one['pool']})"
    pool = next(each for each in plan.nodes if each["pool"] == one["pool"])
    node = node_name(plan, pool, one.get("number", 1) - 1)
    return NodeDowntime(
        node,
        parse_span(one.get("every", "1h"), f"{path}.every"),
        parse_span(one.get("for", "8m"), f"{path}.for"),
    )


def _build_load(plan: Plan, app: dict[str, Any]) -> Load:
    found = app["load"]
    period = parse_seconds(found["period"], f"{_path(plan, app)}.load.period")
    return Load(float(found["low"]), float(found["high"]), period, app.get("replicas", 1))


def _path(plan: Plan, app: dict[str, Any]) -> str:
    return f"{plan.file}: apps ({app['name']})"
