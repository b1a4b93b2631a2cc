"""Table printers of webhooks, admission policies and APIServices."""

from __future__ import annotations

import datetime
from typing import Any

from simulator.printing.parts import UNSET, age_of, go_selector, name, spec, status
from simulator.schemas.resources import Object


def webhooks(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), len(thing.get("webhooks") or ()), age_of(thing, now)]


def validating_policy(thing: Object, now: datetime.datetime) -> list[Any]:
    return _policy(thing, "validations", now)


def mutating_policy(thing: Object, now: datetime.datetime) -> list[Any]:
    return _policy(thing, "mutations", now)


def policy_binding(thing: Object, now: datetime.datetime) -> list[Any]:
    desired = spec(thing)
    return [
        name(thing),
        desired.get("policyName", ""),
        _parameters(desired.get("paramRef")),
        age_of(thing, now),
    ]


def api_service(thing: Object, now: datetime.datetime) -> list[Any]:
    service = spec(thing).get("service")
    where = "Local" if service is None else f"{service.get('namespace', '')}/{service.get('name', '')}"
    return [name(thing), where, _available(status(thing)), age_of(thing, now)]


def _policy(thing: Object, rules: str, now: datetime.datetime) -> list[Any]:
    kind = spec(thing).get("paramKind")
    text = UNSET if kind is None else f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}"
    return [name(thing), len(spec(thing).get(rules) or ()), text, age_of(thing, now)]


def _parameters(reference: Object | None) -> str:
    if reference is None:
        return UNSET
    if reference.get("name"):
        return f"{reference.get('namespace') or '*'}/{reference['name']}"
    selector = reference.get("selector")
    return UNSET if selector is None else go_selector(selector)


def _available(seen: Object) -> str:
    for one in seen.get("conditions") or ():
        if one.get("type") == "Available":
            found: str = one.get("status", "")
            is_told = found != "True" and one.get("reason")
            return f"{found} ({one['reason']})" if is_told else found
    return "Unknown"
