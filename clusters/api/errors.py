"""API errors: the exception tree for calls to an API server, each with a title and advice.

One tree. `title` says what happened and `advice` what to try (both are translated where they are shown);
`message` is the server's or the library's own text. No credential is ever part of any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clusters.api.messages import gettext_noop
from clusters.api.statuses import Cause, ErrorDetails, read_error_response, read_status


class ApiError(Exception):
    """An answer that is an error, or no answer at all. `status` is 0 where there was no HTTP status."""

    is_transient = False  # may it pass by itself, so that the same call makes sense again in a moment?
    title = gettext_noop("The cluster returned an error.")
    advice = gettext_noop("Try again. If it keeps failing, see the API server's message below.")

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
    title = gettext_noop("The API server rejected the request as invalid.")
    advice = gettext_noop("Check your selectors and fields; the message says what could not be parsed.")


class Unauthorized(ApiError):
    title = gettext_noop("The cluster rejected your credential.")
    advice = gettext_noop(
        "It has expired, was revoked, or belongs to another cluster; the cluster does not say which. "
        "Renew it."
    )


class Forbidden(ApiError):
    title = gettext_noop("You do not have permission to do this.")
    advice = gettext_noop(
        "Ask whoever administers the namespace or the cluster to grant you a role that allows it."
    )


class NotFound(ApiError):
    title = gettext_noop("Not found.")
    advice = gettext_noop("It was deleted, never existed, or this cluster does not serve this resource.")


class MethodNotAllowed(ApiError):
    title = gettext_noop("This resource does not support that operation.")
    advice = gettext_noop(
        "Not every resource can be listed, watched or changed; API discovery shows what this one supports."
    )


class NotAcceptable(ApiError):
    title = gettext_noop("The API server cannot return the requested format.")
    advice = gettext_noop("This is a Quarterdeck bug. Please report the resource and the Kubernetes version.")


class Conflict(ApiError):
    title = gettext_noop("The object was changed by someone else in the meantime.")
    advice = gettext_noop("Compare both versions, then apply your change to the latest one.")


class Gone(ApiError):
    title = gettext_noop("The resource version is too old.")
    advice = gettext_noop("The list has to be reloaded; pages do this automatically.")


class Invalid(ApiError):
    title = gettext_noop("The API server rejected the object as invalid.")
    advice = gettext_noop("See the error for each field below.")


class TooManyRequests(ApiError):
    is_transient = True
    title = gettext_noop("The API server is rate limiting requests.")
    advice = gettext_noop("Wait as long as it asks, then try again.")


class ServerError(ApiError):
    is_transient = True
    title = gettext_noop("The API server had an internal error.")
    advice = gettext_noop(
        "Try again. If it keeps failing, an admission or authorization webhook may be down."
    )


class Unavailable(ApiError):
    is_transient = True
    title = gettext_noop("The API server, or an aggregated API behind it, is unavailable.")
    advice = gettext_noop("It may be starting up, or an aggregated API is down. Try again in a moment.")


class GatewayTimeout(ApiError):
    is_transient = True
    title = gettext_noop("The API server timed out.")
    advice = gettext_noop(
        "It may be overloaded, or its backend is not responding. Try again, or request less data."
    )


class ResponseTooLarge(ApiError):
    title = gettext_noop("The response is too large to display.")
    advice = gettext_noop("Narrow it down by namespace, selector or name.")


class LimitReached(ApiError):
    """A limit of this server, not the cluster's; the message says which. Requested again it is reached again."""

    title = gettext_noop("This is more cluster data than this server holds.")
    advice = gettext_noop("Narrow it down by namespace, selector or name, or close other pages.")


class Busy(ApiError):
    """Our own bound on calls at the same time, not the cluster's."""

    is_transient = True
    title = gettext_noop("Quarterdeck has too many requests to this cluster in progress.")
    advice = gettext_noop("Try again in a moment.")


class CredentialMissing(ApiError):
    """There is nothing usable to prove who asks; nothing was sent (blank would be system:anonymous)."""

    title = gettext_noop("You have no usable credential for this cluster.")
    advice = gettext_noop("Nothing was sent. Add a credential for this cluster.")


class Unreachable(ApiError):
    is_transient = True
    title = gettext_noop("The cluster is unreachable.")
    advice = gettext_noop(
        "Check that the API server is running and that the Quarterdeck server has a network path to it."
    )


class NameNotResolved(Unreachable):
    title = gettext_noop("The API server's host name cannot be resolved.")
    advice = gettext_noop("Check the spelling of the address and the DNS settings of the Quarterdeck server.")


class ConnectionRefused(Unreachable):
    title = gettext_noop("Connection refused at the API server's address.")
    advice = gettext_noop(
        "Check the port and that the API server is running. A firewall may also be rejecting connections."
    )


class TimedOut(Unreachable):
    title = gettext_noop("The API server did not respond in time.")
    advice = gettext_noop(
        "Check the network path: a firewall dropping packets, a VPN that is down, or an overloaded server."
    )


class StreamBroken(Unreachable):
    title = gettext_noop("The connection was lost while the response was arriving.")
    advice = gettext_noop(
        "The API server or a proxy in front of it stopped, or the network failed. Try again."
    )


class TlsFailed(Unreachable):
    title = gettext_noop("The TLS connection could not be established.")
    advice = gettext_noop(
        "Check that this is the API server's address and port, and that it supports TLS 1.2 or newer."
    )


class TlsUntrusted(TlsFailed):
    title = gettext_noop("The API server's certificate is signed by an untrusted authority.")
    advice = gettext_noop(
        "Set the cluster's CA bundle (certificate-authority-data in its kubeconfig). If this worked before, "
        "someone may be intercepting the connection."
    )


class TlsHostname(TlsFailed):
    title = gettext_noop("The API server's certificate is for a different host name.")
    advice = gettext_noop(
        "Use an address listed in the certificate, or set the TLS server name (tls-server-name in its "
        "kubeconfig) to one that is."
    )


class TlsExpired(TlsFailed):
    title = gettext_noop("The API server's certificate has expired or is not valid yet.")
    advice = gettext_noop("Renew it on the cluster, and check the clock of the Quarterdeck server.")


class PlainHttp(TlsFailed):
    title = gettext_noop("This address serves plain HTTP, not HTTPS.")
    advice = gettext_noop(
        "Use the API server's HTTPS port, often 6443 or 443. Credentials are never sent unencrypted."
    )


class ClientCertificateRefused(TlsFailed):
    title = gettext_noop("The API server rejected the client certificate during the TLS handshake.")
    advice = gettext_noop(
        "Check that the client certificate was signed by this cluster's client CA and has not expired."
    )


class ProxyFailed(Unreachable):
    title = gettext_noop("The HTTP proxy configured for this cluster blocked the connection.")
    advice = gettext_noop(
        "Check the proxy's address, its credentials, and that it allows CONNECT to the API server's port."
    )


class AddressRefused(Unreachable):
    is_transient = False
    title = gettext_noop("Quarterdeck does not connect to this address.")
    advice = gettext_noop(
        "Link-local, cloud metadata, multicast, unspecified and reserved addresses are always blocked, "
        "whatever host name resolves to them. Use the API server's own address."
    )


class NotKubernetes(Unreachable):
    title = gettext_noop("The server at this address is not a Kubernetes API server.")
    advice = gettext_noop(
        "Check the address and its path: a sign-in page, an ingress or a redirect may be in front of the "
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
    response = read_error_response(status, headers, body)
    error = (NotKubernetes if response.is_foreign and status < 500 else _class(status))(**_parts(response))
    error.method, error.path = method, path
    error.audit_id = headers.get("audit-id", "")[:64]
    return error


def error_of_status(status: Mapping[str, Any]) -> ApiError:
    """The error of a bare Status object, as in an ERROR event of a watch."""
    response = read_status(status)
    return _class(response.code)(**_parts(response))


def error_of_code(status: int) -> ApiError:
    """The error that an HTTP status stands for, where nobody has read the body."""
    return _class(status)(status=status)


def _class(status: int) -> type[ApiError]:
    return _CLASSES.get(status) or (ServerError if status >= 500 else BadRequest)


def _parts(details: ErrorDetails) -> dict[str, Any]:
    return {
        "message": details.message,
        "status": details.code,
        "reason": details.reason,
        "causes": details.causes,
        "retry_after": details.retry_after,
    }
