"""Connection: address and TLS settings of one API server, and the identity that calls it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from clusters.api.call_log import CallLog
from clusters.api.errors import ApiError, CredentialMissing
from clusters.api.memory import UNCOUNTED, Account

# Not curl/, Wget/ or Mozilla/5.0: for those the API server pretty-prints JSON, at twice the size and time.
USER_AGENT = "quarterdeck/0.1.0"

# client-go sends any token; a blank, a newline or two words would be anonymous, or another header.
# RFC 6750's b64token is too narrow: Rancher's tokens have a colon.
_TOKEN = re.compile(r"[\x21-\x7e]+")


def is_bearer_token(text: str) -> bool:
    """Whether an Authorization header can carry it as one word: printable ASCII without blanks."""
    return _TOKEN.fullmatch(text) is not None


@dataclass(frozen=True)
class Server:
    """An API server: `url` is https://host[:port][/prefix] without a trailing slash; `ca` is a PEM bundle.

    With `ca`, only that bundle is trusted, unless `system_cas`. `proxy_url` is an administrator's setting.
    """

    url: str
    ca: str = ""
    system_cas: bool = False
    tls_server_name: str = ""
    verify: bool = True
    proxy_url: str = ""


@dataclass(frozen=True, repr=False)
class Identity:
    """What proves who the caller is: a bearer token, or a client certificate and its key (PEM), or both."""

    token: str = ""
    certificate: str = ""
    key: str = ""

    def __repr__(self) -> str:
        return "Identity(…)"

    def headers(self) -> dict[str, str]:
        """The Authorization header, none for a certificate; CredentialMissing where neither can be used."""
        if self.token:
            if not is_bearer_token(self.token):
                raise CredentialMissing("The token contains invalid characters.")
            return {"Authorization": f"Bearer {self.token}"}
        if not (self.certificate.strip() and self.key.strip()):
            raise CredentialMissing()
        return {}


class ErrorCallback(Protocol):
    """Called with a request and the error that it met."""

    def __call__(
        self, method: str, path: str, query: Sequence[tuple[str, str]], error: ApiError, /
    ) -> None: ...


@dataclass(frozen=True, repr=False)
class Connection:
    """One person's way to one cluster. `fingerprint` stands for credential, version and server settings.

    `expires_at` is when the credential does, where that is known: what is open then reviews its access again.
    `error_callback` gets each error that a call meets, in whatever thread, and must not block. What arrives is charged
    to `account`. Single calls are noted in `call_log`.
    """

    cluster: str
    server: Server
    identity: Identity
    fingerprint: str
    person: str = ""
    expires_at: datetime | None = None
    error_callback: ErrorCallback | None = field(default=None, compare=False)
    account: Account = field(default=UNCOUNTED, compare=False)
    call_log: CallLog | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"Connection({self.cluster!r})"
