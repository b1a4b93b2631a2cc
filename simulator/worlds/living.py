"""How do the applications of a world live? Their behaviours, roll-outs, outages, load and log lines, of its file."""

from __future__ import annotations

from typing import Any

from simulator.keeping.controllers.behaviours import Behaviour, Rule
from simulator.lives.script import Outage, Rollout, Script
from simulator.lives.sources import Load, Sources
from simulator.worlds.files import Plan, seconds, span
from simulator.worlds.grounds import node_name

Apps = list[dict[str, Any]]


def rules(plan: Plan, apps: Apps) -> list[Rule]:
    return [
        Rule(_behaviour(plan, app), app["namespace"], app["name"], app["name"])
        for app in apps
        if app.get("behaves")
    ]


def script(plan: Plan, apps: Apps) -> Script:
    rollouts = []
    for app in apps:
        if found := app.get("rollout"):
            every = span(found.get("every", "30m"), f"{_place(plan, app)}.rollout.every")
            rollouts.append(Rollout(app["namespace"], app["name"], found["tag"], every))
    return Script(rollouts, [_outage(plan, one) for one in plan.outages])


def sources(plan: Plan, apps: Apps) -> Sources:
    logs = {(app["namespace"], app["name"]): app["logs"] for app in apps if app.get("logs")}
    loads = {(app["namespace"], app["name"]): _load(plan, app) for app in apps if app.get("load")}
    return Sources(logs, loads)


def _behaviour(plan: Plan, app: dict[str, Any]) -> Behaviour:
    found, place = app["behaves"], f"{_place(plan, app)}.behaves"
    every = found.get("unready_every")
    return Behaviour(
        exits_after=span(found["after"], f"{place}.after") if "after" in found else None,
        code=found.get("code", 0),
        message=found.get("message", ""),
        is_killed_for_memory=bool(found.get("killed")),
        cannot_pull=found.get("pull", ""),
        share=float(found.get("share", 1)),
        unready_every=span(every, f"{place}.unready_every") if every else None,
        unready_for=span(found.get("unready_for", ["10s", "40s"]), f"{place}.unready_for"),
        unready_why=found.get("why", Behaviour.unready_why),
    )


def _outage(plan: Plan, one: dict[str, Any]) -> Outage:
    place = f"{plan.file}: outages ({one['pool']})"
    pool = next(each for each in plan.nodes if each["pool"] == one["pool"])
    node = node_name(plan, pool, one.get("number", 1) - 1)
    return Outage(
        node, span(one.get("every", "1h"), f"{place}.every"), span(one.get("for", "8m"), f"{place}.for")
    )


def _load(plan: Plan, app: dict[str, Any]) -> Load:
    found = app["load"]
    period = seconds(found["period"], f"{_place(plan, app)}.load.period")
    return Load(float(found["low"]), float(found["high"]), period, app.get("replicas", 1))


def _place(plan: Plan, app: dict[str, Any]) -> str:
    return f"{plan.file}: apps ({app['name']})"
