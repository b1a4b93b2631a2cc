"""May somebody act as somebody else? The constrained modes first, then the old `impersonate` verb.

https://kep.k8s.io/5284, and apiserver:pkg/endpoints/filters/impersonation/mode.go
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from simulator.requests.authentication import ACCOUNT, AUTHENTICATED, User
from simulator.requests.rbac import Attributes, Rbac
from simulator.requests.rbac_texts import forbidden_by_rbac
from simulator.requests.statuses import Refusal

AUTHENTICATION = "authentication.k8s.io"
NODE = "system:node:"
LEGACY = "impersonate"


def check_impersonation(rbac: Rbac, user: User, wanted: User, asked: Attributes) -> None:
    """`asked` is the request that is made; raises the 403 of the first mode that was tried."""
    refusals = []
    for mode in (_constrained(wanted), ""):
        try:
            _check(rbac, user, wanted, asked, mode)
        except Refusal as refused:
            refusals.append(refused)
        else:
            return
    raise refusals[0]


def _constrained(wanted: User) -> str:
    if wanted.name.startswith(NODE):
        return "arbitrary-node"
    return "serviceaccount" if wanted.name.startswith(ACCOUNT) else "user-info"


def _check(rbac: Rbac, user: User, wanted: User, asked: Attributes, mode: str) -> None:
    if mode:
        _allow(rbac, user, replace(asked, verb=f"impersonate-on:{mode}:{asked.verb}"))
    verb = f"impersonate:{mode}" if mode else LEGACY
    for part in _parts(wanted, verb, AUTHENTICATION if mode else ""):
        _allow(rbac, user, part)


def _allow(rbac: Rbac, user: User, asked: Attributes) -> None:
    decision = rbac.decide(user, asked)
    if not decision.is_allowed:
        raise forbidden_by_rbac(user, asked, decision.reason)


def _parts(wanted: User, verb: str, group: str) -> Iterator[Attributes]:
    if wanted.name.startswith(ACCOUNT):
        namespace, _, name = wanted.name.removeprefix(ACCOUNT).partition(":")
        yield Attributes(verb, group, "serviceaccounts", namespace=namespace, name=name)
    elif wanted.name.startswith(NODE) and group:
        yield Attributes(verb, group, "nodes", name=wanted.name.removeprefix(NODE))
    else:
        yield Attributes(verb, group, "users", name=wanted.name)
    own = (AUTHENTICATED, "system:serviceaccounts") if wanted.name.startswith(ACCOUNT) else (AUTHENTICATED,)
    for one in wanted.groups:
        if not one.startswith(own):
            yield Attributes(verb, group, "groups", name=one)
    for key, values in wanted.extra.items():
        for value in values:
            yield Attributes(verb, AUTHENTICATION, "userextras", key, name=value, version="v1")
    if wanted.uid:
        yield Attributes(verb, AUTHENTICATION, "uids", name=wanted.uid, version="v1")
