"""Transport errors: maps the exceptions of requests and aiohttp to the API error tree."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import TypeGuard

import aiohttp
import requests
import urllib3.exceptions

from clusters.api import errors
from clusters.api.errors import ApiError, Unreachable

# https://docs.openssl.org/3.0/man1/openssl-verification-options/ and x509_vfy.h
_CERTIFICATE: dict[int, type[ApiError]] = {
    9: errors.TlsExpired,  # X509_V_ERR_CERT_NOT_YET_VALID
    10: errors.TlsExpired,  # X509_V_ERR_CERT_HAS_EXPIRED
    62: errors.TlsHostname,  # X509_V_ERR_HOSTNAME_MISMATCH
    64: errors.TlsHostname,  # X509_V_ERR_IP_ADDRESS_MISMATCH
}
_PLAIN = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_OUR_CERTIFICATE = ("CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_CERTIFICATE")

# The first row with a kind that is in the chain says what happened.
_TABLE: tuple[tuple[tuple[type[BaseException], ...], type[ApiError]], ...] = (
    (
        (
            aiohttp.ClientProxyConnectionError,
            aiohttp.ClientHttpProxyError,
            requests.exceptions.ProxyError,
            urllib3.exceptions.ProxyError,
        ),
        errors.ProxyFailed,
    ),
    ((socket.gaierror,), errors.NameNotResolved),
    ((ConnectionRefusedError,), errors.ConnectionRefused),
    ((TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError), errors.TimedOut),
    ((http.client.RemoteDisconnected,), errors.StreamBroken),  # a BadStatusLine too, so before it
    (
        (
            http.client.BadStatusLine,
            http.client.LineTooLong,
            aiohttp.ClientResponseError,
            urllib3.exceptions.InvalidHeader,
        ),
        errors.NotKubernetes,
    ),
    (
        (
            aiohttp.ClientPayloadError,
            aiohttp.ServerDisconnectedError,
            aiohttp.ClientOSError,
            urllib3.exceptions.ProtocolError,
            urllib3.exceptions.DecodeError,
            ConnectionResetError,
            BrokenPipeError,
        ),
        errors.StreamBroken,
    ),
)


def transport_error(raised: BaseException, method: str = "", path: str = "") -> ApiError:
    """The error that stands for `raised`; one of our own inside it (a refused address) comes out as is."""
    chain = list(_chain(raised))
    own = next((link for link in chain if isinstance(link, ApiError)), None)
    error = own if own is not None else _classify(chain)
    error.method, error.path = method, path
    return error


def _classify(chain: list[BaseException]) -> ApiError:
    """TLS first: its errors are OSErrors as well. Proxy next: what happens on the way to it is the proxy's."""
    tls = next((link for link in chain if _is_tls(link)), None)
    if tls is not None:
        return _classify_tls(tls)
    for kinds, error in _TABLE:
        if any(isinstance(link, kinds) for link in chain):
            return error(
                _system_message(chain) if error in (errors.ProxyFailed, errors.NameNotResolved) else ""
            )
    return Unreachable(_system_message(chain))


def _is_tls(link: BaseException) -> TypeGuard[ssl.SSLError]:
    """aiohttp's own wrappers are SSLErrors as well, without what the real one says."""
    return isinstance(link, ssl.SSLError) and not isinstance(link, aiohttp.ClientError)


def _classify_tls(tls: ssl.SSLError) -> ApiError:
    if isinstance(tls, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(tls.verify_code, errors.TlsUntrusted)(tls.verify_message)
    if isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return errors.StreamBroken()
    reason = (tls.reason or "handshake failed").upper()
    if any(word in reason for word in _PLAIN):
        return errors.PlainHttp()
    refused = any(word in reason for word in _OUR_CERTIFICATE)
    return (errors.ClientCertificateRefused if refused else errors.TlsFailed)(
        reason.replace("_", " ").lower()
    )


def _chain(raised: BaseException) -> Iterator[BaseException]:
    """`raised` and all inside it: causes, contexts, urllib3's `reason`, aiohttp's `os_error`, arguments."""
    waiting, seen = [raised], set[int]()
    while waiting:
        link = waiting.pop(0)
        if id(link) in seen or len(seen) > 50:
            continue
        seen.add(id(link))
        yield link
        inner = [
            link.__cause__,
            link.__context__,
            getattr(link, "reason", None),
            getattr(link, "os_error", None),
        ]
        waiting += [found for found in (*inner, *link.args) if isinstance(found, BaseException)]


def _system_message(chain: list[BaseException]) -> str:
    """The system's own words (`No route to host`), which hold neither addresses of proxies nor headers."""
    status = next((link.status for link in chain if isinstance(link, aiohttp.ClientHttpProxyError)), 0)
    if status:
        return f"It returned {status}."
    found = [link.strerror for link in chain if isinstance(link, OSError) and link.strerror]
    return found[-1] if found else type(chain[-1]).__name__
