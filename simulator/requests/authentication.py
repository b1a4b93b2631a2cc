"""Authentication: client certificate, then bearer token, else system:anonymous."""

from __future__ import annotations

import hashlib
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from simulator.requests.statuses import bad_request_error, unauthorized_error
from simulator.requests.tokens import ISSUER, Tokens
from simulator.store import Store

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
CREDENTIAL = "authentication.kubernetes.io/credential-id"
ACCOUNT = "system:serviceaccount:"
ACCOUNTS = ("", "serviceaccounts")


@dataclass(frozen=True)
class User:
    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """As reviews answer it."""
        found: dict[str, Any] = {"username": self.name}
        if self.uid:
            found["uid"] = self.uid
        if self.groups:
            found["groups"] = list(self.groups)
        if self.extra:
            found["extra"] = {key: list(values) for key, values in self.extra.items()}
        return found


ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))


class HasCredentials(Protocol):
    """What of a request proves who calls."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def peer(self) -> Mapping[str, Any] | None:
        """The verified client certificate, as ssl.SSLSocket.getpeercert() answers it."""

    @property
    def peer_bytes(self) -> bytes:
        """The same in DER."""


class Authentication:
    """The people with static tokens of one cluster, its ServiceAccounts, and whoever its authority signed."""

    def __init__(self, store: Store, tokens: Tokens) -> None:
        self._store = store
        self._tokens = tokens
        self._static: dict[str, User] = {}

    def add(self, token: str, name: str, groups: Sequence[str] = ()) -> None:
        """A static token, as in the API server's token file."""
        self._static[token] = User(name, (*groups, AUTHENTICATED), f"{name}-uid")

    def remove(self, token: str) -> None:
        self._static.pop(token, None)

    def authenticate(self, request: HasCredentials) -> User:
        """Raises the 401 of the API server where a token is not good and no certificate is."""
        if request.peer and (user := _user_of_certificate(request.peer, request.peer_bytes)):
            return user
        token = read_bearer_token(request.headers.get("Authorization", ""))
        if token:
            return self.authenticate_token(token)
        if request.peer:
            raise unauthorized_error()
        return ANONYMOUS

    def authenticate_token(self, token: str) -> User:
        """Raises 401."""
        user = self._static.get(token) or self._account(token)
        if user is None:
            raise unauthorized_error()
        return user

    def _account(self, token: str) -> User | None:
        claims = self._tokens.read(token)
        if claims is None or ISSUER not in claims.get("aud", ()):
            return None
        private = claims["kubernetes.io"]
        namespace, account = private["namespace"], private["serviceaccount"]
        found = self._store.get(ACCOUNTS, namespace, account["name"])
        if found is None or found["metadata"]["uid"] != account["uid"] or not self._is_bound(private):
            return None
        extra = {CREDENTIAL: [f"JTI={claims['jti']}"]}
        for kind in ("pod", "node"):
            if kind in private:
                extra[f"authentication.kubernetes.io/{kind}-name"] = [private[kind]["name"]]
                extra[f"authentication.kubernetes.io/{kind}-uid"] = [private[kind]["uid"]]
        return account_user(namespace, account["name"], account["uid"], extra)

    def _is_bound(self, private: dict[str, Any]) -> bool:
        """What a token is bound to still exists."""
        for kind in ("pod", "secret"):
            if kind in private:
                found = self._store.get(("", f"{kind}s"), private["namespace"], private[kind]["name"])
                if found is None or found["metadata"]["uid"] != private[kind]["uid"]:
                    return False
        return True


def account_user(
    namespace: str, name: str, uid: str = "", extra: Mapping[str, Sequence[str]] | None = None
) -> User:
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"{ACCOUNT}{namespace}:{name}", groups, uid, extra or {})


def read_bearer_token(header: str) -> str:
    """The token as the API server reads it: anything else than one word after `Bearer` is no credential."""
    parts = header.strip().split(" ")
    return parts[1] if len(parts) > 1 and parts[0].lower() == "bearer" else ""


def read_impersonated_user(headers: Mapping[str, str], groups: Sequence[str]) -> User | None:
    """The user of Impersonate-User; `groups` are all values of Impersonate-Group."""
    name = headers.get("Impersonate-User", "")
    extra = {
        key[len("Impersonate-Extra-") :].lower(): [value]
        for key, value in headers.items()
        if key.lower().startswith("impersonate-extra-")
    }
    if not name:
        if groups or extra or headers.get("Impersonate-Uid"):
            shown = _go_user(headers.get("Impersonate-Uid", ""), groups, extra)
            message = f"requested {shown} without impersonating a user name"
            raise replace(bad_request_error(message), headers={"X-Content-Type-Options": "nosniff"})
        return None
    own: list[str] = list(groups)
    if name.startswith(ACCOUNT) and not groups:
        namespace = name.removeprefix(ACCOUNT).partition(":")[0]
        own = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
    if name != ANONYMOUS.name and AUTHENTICATED not in own:
        own.append(AUTHENTICATED)
    return User(name, tuple(own), headers.get("Impersonate-Uid", ""), extra)


def _go_user(uid: str, groups: Sequence[str], extra: Mapping[str, Sequence[str]]) -> str:
    """As Go prints it."""

    def listed(values: Sequence[str]) -> str:
        return f"[]string{{{', '.join(json.dumps(one) for one in values)}}}"

    pairs = ", ".join(f"{json.dumps(key)}:{listed(values)}" for key, values in extra.items())
    shown = f"map[string][]string{{{pairs}}}" if extra else "map[string][]string(nil)"
    own = listed(groups) if groups else "[]string(nil)"
    return f'&user.DefaultInfo{{Name:"", UID:"{uid}", Groups:{own}, Extra:{shown}}}'


def _user_of_certificate(peer: Mapping[str, Any], raw: bytes) -> User | None:
    if ssl.cert_time_to_seconds(peer["notAfter"]) < time.time():
        return None
    pairs = [pair for part in peer["subject"] for pair in part]
    names = [value for key, value in pairs if key == "commonName"]
    if not names:
        return None
    groups = [value for key, value in pairs if key == "organizationName"]
    digest = f"X509SHA256={hashlib.sha256(raw).hexdigest()}"
    return User(names[-1], (*groups, AUTHENTICATED), extra={CREDENTIAL: [digest]})
