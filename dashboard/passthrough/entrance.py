"""Entrance: who calls, by a personal token and nothing else, and what that person may do at the cluster."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import reverse

from clusters.credentials.sealing import SealBroken
from clusters.gateway.connect import ClusterSession, NoCredential, NotShared, connect
from clusters.models import PersonalToken
from clusters.passthrough.header_rules import BEARER_PROTOCOL, Headers
from clusters.passthrough.statuses import ErrorResponse
from clusters.personal_tokens.store import find_token, note_use

UNKNOWN_CALLER = (
    "Quarterdeck: no personal token was sent, or it is not valid any more. Create one under “Personal tokens” in the "
    "dashboard; a signed-in browser session is not accepted here."
)


@dataclass(frozen=True)
class Caller:
    """A person at one cluster, by one token."""

    token: PersonalToken
    session: ClusterSession

    @property
    def is_restricted(self) -> bool:
        """Whether reading is all that is permitted."""
        return self.token.read_only or not self.session.can_see_secrets

    @property
    def restriction(self) -> str:
        """Why reading is all that is permitted."""
        if self.token.read_only:
            return f"The personal token “{self.token.name}” is read-only."
        return self.session.role_reason


def read_secret(headers: Headers) -> tuple[str, list[tuple[bytes, bytes]]]:
    """The secret of the token, from `Authorization` or a WebSocket subprotocol, and the headers without it.

    Nothing where there is none, or more than one: then nobody knows who calls.
    """
    found = [value.decode("latin1") for name, value in headers if name.lower() == b"authorization"]
    secrets = [value[7:].strip() for value in found if value[:7].lower() == "bearer "]
    if len(secrets) != len(found):
        return "", list(headers)
    kept: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        if name.lower() == b"authorization":
            continue
        if name.lower() == b"sec-websocket-protocol":
            protocols = [one.strip() for one in value.decode("latin1").split(",")]
            secrets += [_decode(one) for one in protocols if one.startswith(BEARER_PROTOCOL)]
            rest = [one for one in protocols if one and not one.startswith(BEARER_PROTOCOL)]
            if rest:
                kept.append((name, ", ".join(rest).encode("latin1")))
            continue
        kept.append((name, value))
    return (secrets[0], kept) if len(secrets) == 1 else ("", kept)


def require_host(headers: Headers) -> None:
    """Raises ErrorResponse unless the request names one host, and one of ours."""
    hosts = [value.decode("latin1") for name, value in headers if name.lower() == b"host"]
    name, _port = split_domain_port(hosts[0].lower()) if len(hosts) == 1 else ("", "")
    if not name or not validate_host(name, settings.ALLOWED_HOSTS):
        raise ErrorResponse(400, "Quarterdeck: this is not a host name of this server.")


def identify(secret: str, slug: str, address: str) -> Caller:
    """The caller at this cluster; blocks on the database. Raises ErrorResponse."""
    token = find_token(secret)
    if token is None:
        raise ErrorResponse(401, UNKNOWN_CALLER)
    note_use(token, address)
    if not token.clusters.filter(slug=slug).exists():
        raise ErrorResponse(
            403, f"Quarterdeck: the personal token “{token.name}” is not for a cluster {slug}."
        )
    try:
        session = connect(token.user, slug)
    except NotShared:
        raise ErrorResponse(404, f"Quarterdeck: you have no cluster {slug}.") from None
    except NoCredential:
        raise ErrorResponse(403, f"Quarterdeck: you have no credential for {slug}. {_advice(slug)}") from None
    except SealBroken as broken:
        raise ErrorResponse(
            403, f"Quarterdeck: your credential for {slug} cannot be used. {_advice(slug)}"
        ) from broken
    return Caller(token, session.with_token(describe(token)))


def is_unchanged(caller: Caller) -> bool:
    """Whether the same request would be let in now with the same credential and role; blocks on the database."""
    token = PersonalToken.objects.filter(pk=caller.token.pk).select_related("user").first()
    if token is None or not token.is_usable() or not token.user.is_active:
        return False
    if not token.clusters.filter(pk=caller.session.cluster.pk).exists():
        return False
    try:
        session = connect(token.user, caller.session.cluster.slug)
    except (NotShared, NoCredential, SealBroken):
        return False
    before = caller.session
    return (session.connection.fingerprint, session.role) == (before.connection.fingerprint, before.role)


def describe(token: PersonalToken) -> str:
    """A token as the audit trail names it: never its secret."""
    return f"{token.name[:48]} ({token.beginning}…)"


def _decode(protocol: str) -> str:
    """base64url without padding, as Kubernetes takes it."""
    text = protocol.removeprefix(BEARER_PROTOCOL)
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def _advice(slug: str) -> str:
    path = reverse("clusters:credential", args=[slug])
    origin = settings.PUBLIC_URL.origin if settings.PUBLIC_URL else ""
    return f"Add it at {origin}{path}."
