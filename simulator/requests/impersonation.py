"""May somebody act as somebody else? The `impersonate` verb on each part of who they would be."""

from collections.abc import Iterator

from simulator.requests.authentication import ACCOUNT, AUTHENTICATED, User
from simulator.requests.rbac import Attributes, Rbac
from simulator.requests.rbac_texts import forbidden_by_rbac

AUTHENTICATION = "authentication.k8s.io"


def check_impersonation(rbac: Rbac, user: User, wanted: User) -> None:
    """Raises the 403 of the first part that is not allowed."""
    for asked in _parts(wanted):
        decision = rbac.decide(user, asked)
        if not decision.is_allowed:
            raise forbidden_by_rbac(user, asked, decision.reason)


def _parts(wanted: User) -> Iterator[Attributes]:
    if wanted.name.startswith(ACCOUNT):
        namespace, _, name = wanted.name.removeprefix(ACCOUNT).partition(":")
        yield Attributes("impersonate", resource="serviceaccounts", namespace=namespace, name=name)
    else:
        yield Attributes("impersonate", resource="users", name=wanted.name)
    own = (AUTHENTICATED, "system:serviceaccounts") if wanted.name.startswith(ACCOUNT) else (AUTHENTICATED,)
    for group in wanted.groups:
        if not group.startswith(own):
            yield Attributes("impersonate", resource="groups", name=group)
    for key, values in wanted.extra.items():
        for value in values:
            yield Attributes("impersonate", AUTHENTICATION, "userextras", key, name=value, version="v1")
    if wanted.uid:
        yield Attributes("impersonate", AUTHENTICATION, "uids", name=wanted.uid, version="v1")
