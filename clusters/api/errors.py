"""What can go wrong between here and an API server, and what may the person do about it?

One tree. `title` says what happened and `advice` what to try (both are translated where they are shown);
`message` is the server's or the library's own text. No credential is ever part of any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusters.api.statuses import Cause, Said, read_answer, read_status
from clusters.api.texts import gettext_noop


class ApiError(Exception):
    """An answer that is an error, or no answer at all. `status` is 0 where there was no HTTP status."""

    passes = False  # may it pass by itself, so that the same call makes sense again in a moment?
    title = gettext_noop("The cluster's answer is an error.")
    advice = gettext_noop("Try again; if it stays, the message below is what the API server says about it.")

    def __init__(
        self,
        message: str = "",
        *,
        status: int = 0,
        reason: str = "",
        causes: tuple[Cause, ...] = (),
        retry_after: float | None = None,
        method: str = "",
        path: str = "",
        warnings: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason
        self.causes = causes
        self.retry_after = retry_after
        self.method = method
        self.path = path
        self.warnings = warnings
        self.audit_id = ""  # the API server's own name of the request, where it gave one

    def __str__(self) -> str:
        return self.message or self.title

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(status={self.status}, reason={self.reason!r}, message={self.message!r})"
        )


class BadRequest(ApiError):
    title = gettext_noop("The API server does not understand the request.")
    advice = gettext_noop("Check selectors and fields; the message names what it could not read.")


class Unauthorized(ApiError):
    title = gettext_noop("The cluster does not accept the credential.")
    advice = gettext_noop(
        "It has expired, was revoked, or belongs to another cluster: add a new one under “Mine”. "
        "The cluster does not say which of these it is."
    )


class Forbidden(ApiError):
    title = gettext_noop("Kubernetes does not allow this to you.")
    advice = gettext_noop("Someone who manages the namespace or the cluster can bind a role that allows it.")


class NotFound(ApiError):
    title = gettext_noop("It is not there.")
    advice = gettext_noop("It was deleted, never existed, or this cluster does not serve this kind.")


class MethodNotAllowed(ApiError):
    title = gettext_noop("This kind does not offer that.")
    advice = gettext_noop(
        "Not every kind can be listed, watched or changed; discovery says what this one can."
    )


class NotAcceptable(ApiError):
    title = gettext_noop("The API server cannot answer in the form that was asked for.")
    advice = gettext_noop("This is for the developers of this dashboard: tell them the kind and the version.")


class Conflict(ApiError):
    title = gettext_noop("Someone or something else changed it first.")
    advice = gettext_noop("Look at both versions, then send yours again on top of the newest.")


class Gone(ApiError):
    title = gettext_noop("The state this goes on from is too old.")
    advice = gettext_noop("The list has to be loaded anew; pages do so by themselves.")


class Invalid(ApiError):
    title = gettext_noop("The API server refuses the content.")
    advice = gettext_noop("Each field named below says what it expects.")


class TooManyRequests(ApiError):
    passes = True
    title = gettext_noop("The API server asks for fewer requests.")
    advice = gettext_noop("Wait for the time that it names and try again.")


class ServerError(ApiError):
    passes = True
    title = gettext_noop("The API server failed inside.")
    advice = gettext_noop("Try again; if it stays, an admission or authorization webhook may be down.")


class Unavailable(ApiError):
    passes = True
    title = gettext_noop("The API server, or the API service behind it, is not available.")
    advice = gettext_noop("It may be starting, or an aggregated API is down. Try again in a moment.")


class GatewayTimeout(ApiError):
    passes = True
    title = gettext_noop("The API server gave up waiting.")
    advice = gettext_noop(
        "It may be overloaded, or what is behind it does not answer. Try again, or ask for less."
    )


class ResponseTooLarge(ApiError):
    title = gettext_noop("The answer is larger than this page takes.")
    advice = gettext_noop("Narrow it down with a namespace, a selector or a name.")


class Busy(ApiError):
    """Our own bound on calls at the same time, not the cluster's."""

    passes = True
    title = gettext_noop("Too many calls to this cluster are under way from here.")
    advice = gettext_noop("Try again in a moment.")


class CredentialMissing(ApiError):
    """There is nothing usable to prove who asks; nothing was sent (blank would be system:anonymous)."""

    title = gettext_noop("There is no usable credential for this cluster.")
    advice = gettext_noop("Nothing was sent. Add a credential for this cluster under “Mine”.")


class Unreachable(ApiError):
    passes = True
    title = gettext_noop("The cluster cannot be reached.")
    advice = gettext_noop("Check that the API server runs and that this server has a network path to it.")


class NameNotResolved(Unreachable):
    title = gettext_noop("The API server's name is not known.")
    advice = gettext_noop(
        "Check the spelling of the address, and the DNS of the machine that this server runs on."
    )


class ConnectionRefused(Unreachable):
    title = gettext_noop("Nothing answers at the API server's address.")
    advice = gettext_noop("Check the port, and whether the API server runs; a firewall may refuse as well.")


class TimedOut(Unreachable):
    title = gettext_noop("The API server did not answer in time.")
    advice = gettext_noop(
        "Check the network path: a firewall that drops, a VPN that is down, an overloaded server."
    )


class StreamBroken(Unreachable):
    title = gettext_noop("The connection broke off in the middle of the answer.")
    advice = gettext_noop(
        "The API server or a proxy before it was stopped, or the network failed. Try again."
    )


class TlsFailed(Unreachable):
    title = gettext_noop("No secure connection could be made.")
    advice = gettext_noop(
        "Check that the address and port are those of the API server and that it offers TLS 1.2 or newer."
    )


class TlsUntrusted(TlsFailed):
    title = gettext_noop("The API server's certificate is signed by an authority that is not trusted for it.")
    advice = gettext_noop(
        "Give the cluster's CA bundle (certificate-authority-data of its kubeconfig). "
        "If it was right until now, somebody may be in between."
    )


class TlsHostname(TlsFailed):
    title = gettext_noop("The API server's certificate is for another name.")
    advice = gettext_noop(
        "Use an address that the certificate names, or set the TLS server name "
        "(tls-server-name of its kubeconfig) to one that it does."
    )


class TlsExpired(TlsFailed):
    title = gettext_noop("The API server's certificate is not valid at this time.")
    advice = gettext_noop(
        "It has expired, or is not valid yet: renew it on the cluster, and check the clock of this server."
    )


class PlainHttp(TlsFailed):
    title = gettext_noop("The address speaks plain HTTP, not HTTPS.")
    advice = gettext_noop(
        "Use the secure port of the API server, often 6443 or 443; a credential is never sent in the clear."
    )


class ClientCertificateRefused(TlsFailed):
    title = gettext_noop("The server refuses the client certificate in the TLS handshake.")
    advice = gettext_noop(
        "Check that the client certificate was signed by this cluster's client CA and has not expired."
    )


class ProxyFailed(Unreachable):
    title = gettext_noop("The HTTP proxy set for this cluster does not let the connection through.")
    advice = gettext_noop(
        "Check the proxy's address, its credentials, and that it allows CONNECT to the API server's port."
    )


class AddressRefused(Unreachable):
    passes = False
    title = gettext_noop("This server does not connect to that address.")
    advice = gettext_noop(
        "Link-local, metadata, multicast, unspecified and reserved addresses are never connected to, "
        "whatever name leads there; name the API server's own address."
    )


class NotKubernetes(Unreachable):
    title = gettext_noop("What answers there is not a Kubernetes API server.")
    advice = gettext_noop(
        "Check the address and its path: a sign-in page, an ingress or a redirect may stand before the "
        "API server."
    )


_CLASSES: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    406: NotAcceptable,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: TooManyRequests,
    500: ServerError,
    502: Unavailable,
    503: Unavailable,
    504: GatewayTimeout,
}


def error_from(
    status: int, headers: Mapping[str, str], body: bytes, method: str = "", path: str = ""
) -> ApiError:
    """The error of an answer. A 5xx page is of a proxy that lost its API server, others NotKubernetes."""
    said = read_answer(status, headers, body)
    error = (NotKubernetes if said.foreign and status < 500 else _class(status))(**_parts(said))
    error.method, error.path = method, path
    error.audit_id = headers.get("audit-id", "")[:64]
    return error


def error_of_status(status: Mapping[str, Any]) -> ApiError:
    """The error of a bare Status object, as in an ERROR event of a watch."""
    said = read_status(status)
    return _class(said.code)(**_parts(said))


def _class(status: int) -> type[ApiError]:
    return _CLASSES.get(status) or (ServerError if status >= 500 else BadRequest)


def _parts(said: Said) -> dict[str, Any]:
    return {
        "message": said.message,
        "status": said.code,
        "reason": said.reason,
        "causes": said.causes,
        "retry_after": said.retry_after,
    }
