"""Review endpoints of authorization.k8s.io and authentication.k8s.io."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from simulator.requests.authentication import User
from simulator.requests.call import Call
from simulator.requests.rbac import MASTERS, Attributes, Decision, Rule
from simulator.requests.responses import respond
from simulator.requests.statuses import Cause, StatusError, bad_request_error
from simulator.requests.tokens import ISSUER
from simulator.schemas.resources import Object
from simulator.writing import managed
from simulator.writing.bodies import read_object
from simulator.writing.options import write_options
from simulator.writing.strictness import accept_object

EVERYTHING: tuple[Rule, ...] = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)


async def self_access_review(call: Call) -> web.StreamResponse:
    """SelfSubjectAccessReview: access of the caller."""
    thing = await _read_review(call)
    spec = thing.get("spec") or {}
    _check_attributes(spec)
    return await _respond_decision(call, thing, _decide(call, call.user, spec))


async def access_review(call: Call) -> web.StreamResponse:
    """SubjectAccessReview: access of any user."""
    thing = await _read_review(call)
    spec = thing.get("spec") or {}
    _check_attributes(spec)
    _check_subject(spec)
    return await _respond_decision(call, thing, _decide(call, _subject(spec), spec))


async def local_access_review(call: Call) -> web.StreamResponse:
    """LocalSubjectAccessReview: access of any user in this namespace."""
    thing = await _read_review(call)
    thing["metadata"] = {"namespace": call.info.namespace} | (thing.get("metadata") or {})
    spec = thing.get("spec") or {}
    _check_attributes(spec)
    _check_subject(spec)
    given = (spec.get("resourceAttributes") or {}).get("namespace", "")
    if given != call.info.namespace:
        path = "spec.resourceAttributes.namespace"
        raise _invalid(path, f'"{given}"', "must match metadata.namespace")
    return await _respond_decision(call, thing, _decide(call, _subject(spec), spec))


async def self_rules_review(call: Call) -> web.StreamResponse:
    """SelfSubjectRulesReview: the caller's rules in a namespace."""
    thing = await _read_review(call)
    namespace = (thing.get("spec") or {}).get("namespace", "")
    if not namespace:
        raise bad_request_error("no namespace on request")
    rules = list(call.cluster.rbac.rules(call.user, namespace))
    if MASTERS in call.user.groups:
        rules = [*EVERYTHING, *rules]
    status = {
        "resourceRules": [_resource_rule(rule) for rule in rules if rule.get("resources")],
        "nonResourceRules": [_path_rule(rule) for rule in rules if rule.get("nonResourceURLs")],
        "incomplete": False,
    }
    return await respond(call, _head(call) | {"metadata": {}, "spec": {}, "status": status}, 201)


async def self_review(call: Call) -> web.StreamResponse:
    """SelfSubjectReview: the caller's user attributes."""
    await _read_review(call)
    metadata = {"creationTimestamp": call.cluster.clock.stamp()}
    return await respond(
        call, _head(call) | {"metadata": metadata, "status": {"userInfo": call.user.json()}}, 201
    )


async def token_review(call: Call) -> web.StreamResponse:
    """TokenReview: the user of a token."""
    thing = await _read_review(call)
    token = (thing.get("spec") or {}).get("token", "")
    if not token:
        raise _invalid("spec.token", '""', "must be specified")
    try:
        user = call.cluster.authentication.authenticate_token(token)
    except StatusError:
        status: dict[str, Any] = {"user": {}, "error": "invalid bearer token"}
    else:
        status = {"authenticated": True, "user": user.json(), "audiences": [ISSUER]}
    return await _respond_status(call, thing, status)


async def _read_review(call: Call) -> Object:
    thing, duplicates = await read_object(call)
    return accept_object(call, thing, duplicates, write_options(call, "CreateOptions"))


def _head(call: Call) -> Object:
    return {"kind": call.resource.kind, "apiVersion": call.resource.api_version}


async def _respond_decision(call: Call, thing: Object, decision: Decision) -> web.StreamResponse:
    status: dict[str, Any] = {"allowed": decision.is_allowed}
    if decision.reason:
        status["reason"] = decision.reason
    attributes = (thing.get("spec") or {}).get("resourceAttributes") or {}
    problems = [name for name in ("fieldSelector", "labelSelector") if _is_unreadable(attributes.get(name))]
    if problems:
        errors = [f"spec.resourceAttributes.{name} ignored due to parse error" for name in problems]
        status["evaluationError"] = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    return await _respond_status(call, thing, status)


async def _respond_status(call: Call, thing: Object, status: dict[str, Any]) -> web.StreamResponse:
    body = _head(call) | {"metadata": thing.get("metadata") or {}, "spec": thing.get("spec") or {}}
    body = managed.record_update(
        call.cluster, call.resource, None, body, write_options(call, "CreateOptions")
    )
    return await respond(call, body | {"status": status}, 201)


def _decide(call: Call, user: User, spec: dict[str, Any]) -> Decision:
    paths, resources = spec.get("nonResourceAttributes"), spec.get("resourceAttributes") or {}
    if paths is not None:
        return call.cluster.rbac.decide(user, Attributes(paths.get("verb", ""), path=paths.get("path", "")))
    access = Attributes(
        resources.get("verb", ""),
        resources.get("group", ""),
        resources.get("resource", ""),
        resources.get("subresource", ""),
        resources.get("namespace", ""),
        resources.get("name", ""),
    )
    return call.cluster.rbac.decide(user, access)


def _check_attributes(spec: dict[str, Any]) -> None:
    resources, paths = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resources is None and paths is None:
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        raise _invalid("spec.resourceAttributes", "null", why)
    if resources is not None and paths is not None:
        shown = f'{{"Path":"{paths.get("path", "")}","Verb":"{paths.get("verb", "")}"}}'
        why = "cannot be specified in combination with resourceAttributes"
        raise _invalid("spec.nonResourceAttributes", shown, why)


def _check_subject(spec: dict[str, Any]) -> None:
    if not spec.get("user") and not spec.get("groups"):
        raise _invalid("spec.user", '""', "at least one of user or group must be specified")


def _subject(spec: dict[str, Any]) -> User:
    return User(
        spec.get("user", ""), tuple(spec.get("groups") or ()), spec.get("uid", ""), spec.get("extra") or {}
    )


def _invalid(path: str, value: str, why: str) -> StatusError:
    """The API server names no kind in these."""
    cause = Cause("FieldValueInvalid", f"Invalid value: {value}: {why}", path)
    details = {"group": "authorization.k8s.io", "causes": [cause.json()]}
    return StatusError(
        422, f'.authorization.k8s.io "" is invalid: {path}: {cause.message}', "Invalid", details
    )


def _is_unreadable(selector: Any) -> bool:
    raw = (selector or {}).get("rawSelector", "")
    return bool(raw) and (" " in raw.strip() and not any(sign in raw for sign in "=(!"))


def _resource_rule(rule: Rule) -> Rule:
    return _pick_fields(rule, ("verbs", "apiGroups", "resources", "resourceNames"))


def _path_rule(rule: Rule) -> Rule:
    return _pick_fields(rule, ("verbs", "nonResourceURLs"))


def _pick_fields(rule: Rule, names: Sequence[str]) -> Rule:
    return {name: rule[name] for name in names if rule.get(name)}
