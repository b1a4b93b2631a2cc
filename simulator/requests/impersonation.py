"""Impersonation checks: constrained modes first, then the legacy `impersonate` verb.

https://kep.k8s.io/5284, and apiserver:pkg/endpoints/filters/impersonation/mode.go
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from simulator.requests.authentication import ACCOUNT, AUTHENTICATED, User
from simulator.requests.rbac import Attributes, Rbac
from simulator.requests.rbac_messages import rbac_forbidden_error
from simulator.requests.statuses import StatusError

AUTHENTICATION = "authentication.k8s.io"
NODE = "system:node:"
LEGACY = "impersonate"


def check_impersonation(rbac: Rbac, user: User, target: User, attributes: Attributes) -> None:
    """`attributes` is the request that is made; raises the 403 of the first mode that was tried."""
    errors = []
    for mode in (_constrained_mode(target), ""):
        try:
            _check(rbac, user, target, attributes, mode)
        except StatusError as error:
            errors.append(error)
        else:
            return
    raise errors[0]


def _constrained_mode(target: User) -> str:
    if target.name.startswith(NODE):
        return "arbitrary-node"
    return "serviceaccount" if target.name.startswith(ACCOUNT) else "user-info"


def _check(rbac: Rbac, user: User, target: User, attributes: Attributes, mode: str) -> None:
    if mode:
        _allow(rbac, user, replace(attributes, verb=f"impersonate-on:{mode}:{attributes.verb}"))
    verb = f"impersonate:{mode}" if mode else LEGACY
    for part in _parts(target, verb, AUTHENTICATION if mode else ""):
        _allow(rbac, user, part)


def _allow(rbac: Rbac, user: User, attributes: Attributes) -> None:
    decision = rbac.decide(user, attributes)
    if not decision.is_allowed:
        raise rbac_forbidden_error(user, attributes, decision.reason)


def _parts(target: User, verb: str, group: str) -> Iterator[Attributes]:
    if target.name.startswith(ACCOUNT):
        namespace, _, name = target.name.removeprefix(ACCOUNT).partition(":")
        yield Attributes(verb, group, "serviceaccounts", namespace=namespace, name=name)
    elif target.name.startswith(NODE) and group:
        yield Attributes(verb, group, "nodes", name=target.name.removeprefix(NODE))
    else:
        yield Attributes(verb, group, "users", name=target.name)
    own = (AUTHENTICATED, "system:serviceaccounts") if target.name.startswith(ACCOUNT) else (AUTHENTICATED,)
    for one in target.groups:
        if not one.startswith(own):
            yield Attributes(verb, group, "groups", name=one)
    for key, values in target.extra.items():
        for value in values:
            yield Attributes(verb, AUTHENTICATION, "userextras", key, name=value, version="v1")
    if target.uid:
        yield Attributes(verb, AUTHENTICATION, "uids", name=target.uid, version="v1")
