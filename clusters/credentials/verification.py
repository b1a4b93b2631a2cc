"""Credential verification: learns by SelfSubjectReview who a credential is, before storing it.

The user name that a cluster derives cannot be read from a token (structured authentication maps claims by
CEL), so its review is what is shown and stored.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clusters.api.client import Client
from clusters.api.connection import Connection, Identity, Server
from clusters.api.errors import ApiError, Forbidden, NotFound, NotKubernetes, Unauthorized
from clusters.api.pools import forget
from clusters.credentials.certificate import certificate_expiry, certificate_start
from clusters.credentials.token import token_expiry

VERSIONS = ("v1", "v1beta1", "v1alpha1")  # in Kubernetes since 1.28, 1.27, 1.26
GROUP = "authentication.k8s.io"
ANONYMOUS = "system:anonymous"
LONGEST = 500
MOST_GROUPS = 200


@dataclass(frozen=True)
class WhoAmI:
    """What the cluster answered, and when the credential itself says that it ends."""

    username: str
    uid: str
    groups: tuple[str, ...]
    extra: Mapping[str, tuple[str, ...]]
    expires_at: datetime | None

    @property
    def namespace(self) -> str:
        """The namespace of a ServiceAccount, "" for anybody else."""
        parts = self.username.split(":")
        is_account = len(parts) == 4 and parts[:2] == ["system", "serviceaccount"]
        return parts[2] if is_account else ""


class CredentialExpired(Unauthorized):
    """The cluster says 401 only; that the credential has ended is what it says itself."""

    title = gettext_noop("The credential has expired.")
    advice = gettext_noop("Create a new one as described on this page, and add it here.")


class CredentialNotYetValid(Unauthorized):
    title = gettext_noop("The client certificate is not valid yet.")
    advice = gettext_noop("Wait until it becomes valid, or check the clock of the machine that issued it.")


class Anonymous(Unauthorized):
    title = gettext_noop("The cluster does not recognize this credential and treats it as anonymous.")
    advice = gettext_noop("Check that it was issued for this cluster. If it was, create a new one.")


class NoReview(NotFound):
    title = gettext_noop("The cluster cannot report whose credential this is.")
    advice = gettext_noop("This needs SelfSubjectReview, which requires Kubernetes 1.26 or newer.")


def try_identity(server: Server, identity: Identity) -> WhoAmI:
    """Ask the cluster once; any `ApiError` says why it refused, and the connection is not kept."""
    identity.headers()  # CredentialMissing before anything is sent
    fingerprint = f"trial-{secrets.token_hex(16)}"
    try:
        answer = _review(Client(Connection(server.url, server, identity, fingerprint, "trial")))
    except ApiError as refused:
        raise (_explain(refused, identity) if isinstance(refused, Unauthorized) else refused) from None
    finally:
        forget(fingerprint)
    return replace(_read_who(answer), expires_at=expires_at(identity))


def reach(server: Server) -> None:
    """Is a Kubernetes API server there, with the certificate that is expected? `ApiError` says why not.

    A token that nobody has is sent, since nothing ever goes out without one; Kubernetes says 401 to it.
    """
    fingerprint = f"reach-{secrets.token_hex(16)}"
    connection = Connection(server.url, server, Identity(token="nobody"), fingerprint, "trial")  # noqa: S106
    try:
        found = Client(connection).get(
            "/version", timeout=settings.TIMINGS.api.verification, limit=1024 * 1024
        )
    except (Unauthorized, Forbidden):
        return
    finally:
        forget(fingerprint)
    if not _text(_dict(found).get("gitVersion")):
        raise NotKubernetes(_("Its /version response is not from a Kubernetes API server."))


def expires_at(identity: Identity) -> datetime | None:
    """When the credential says that it ends; None where it does not say so.

    With both, a certificate that is valid wins over the token; one that has ended leaves the token to decide.
    """
    ends = certificate_expiry(identity.certificate) if identity.certificate else None
    if identity.token and (ends is None or ends <= timezone.now()):
        return token_expiry(identity.token)
    return ends


def _review(client: Client) -> Any:
    for version in VERSIONS:
        body = {"apiVersion": f"{GROUP}/{version}", "kind": "SelfSubjectReview"}
        path = f"/apis/{GROUP}/{version}/selfsubjectreviews"
        try:
            return client.post(path, body, timeout=settings.TIMINGS.api.verification, limit=1024 * 1024)
        except NotFound:
            continue
    raise NoReview(_("Tried: %(versions)s.") % {"versions": ", ".join(VERSIONS)})


def _explain(error: Unauthorized, identity: Identity) -> ApiError:
    now, ends = timezone.now(), expires_at(identity)
    if ends and ends < now:
        message = _("It expired on %(time)s UTC.") % {"time": f"{ends:%Y-%m-%d %H:%M}"}
        return CredentialExpired(message, status=error.status)
    if identity.certificate and (starts := certificate_start(identity.certificate)) > now:
        message = _("It becomes valid on %(time)s UTC.") % {"time": f"{starts:%Y-%m-%d %H:%M}"}
        return CredentialNotYetValid(message, status=error.status)
    return error


def _read_who(body: Any) -> WhoAmI:
    """Read a SelfSubjectReview from a server that may be anything at all."""
    user = _dict(_dict(_dict(body).get("status")).get("userInfo"))
    name = _text(user.get("username"))
    if not name:
        raise NotKubernetes(_("Its SelfSubjectReview response contains no username."))
    if name == ANONYMOUS:
        raise Anonymous(status=401)
    groups = user.get("groups")
    found = tuple(_text(one) for one in groups[:MOST_GROUPS]) if isinstance(groups, list) else ()
    extra = {_text(key): _texts(value) for key, value in list(_dict(user.get("extra")).items())[:50]}
    return WhoAmI(name, _text(user.get("uid")), tuple(filter(None, found)), extra, None)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(one) for one in value[:50]) if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""
