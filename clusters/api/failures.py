"""Why did no answer come? One reading for the exceptions of both HTTP clients."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import aiohttp
import requests
import urllib3.exceptions

from . import errors
from .errors import ApiError, Unreachable

_EXPIRED = {9, 10}  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_HOSTNAME = {62, 64}  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_PLAIN = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_OUR_CERTIFICATE = ("CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_CERTIFICATE")
_PROXY = (
    aiohttp.ClientProxyConnectionError,
    aiohttp.ClientHttpProxyError,
    requests.exceptions.ProxyError,
    urllib3.exceptions.ProxyError,
)
_NOT_HTTP = (
    aiohttp.ClientResponseError,
    requests.exceptions.InvalidHeader,
    urllib3.exceptions.HeaderParsingError,
    urllib3.exceptions.InvalidHeader,
)
_BROKEN = (
    aiohttp.ClientPayloadError,
    aiohttp.ServerDisconnectedError,
    aiohttp.ClientOSError,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.DecodeError,
    ConnectionResetError,
    BrokenPipeError,
)
_TIMED_OUT = (
    TimeoutError,
    requests.exceptions.Timeout,
    urllib3.exceptions.TimeoutError,
)


def failure(raised: BaseException, method: str = "", path: str = "") -> ApiError:
    """The error that stands for `raised`; errors of our own inside it (a refused address) come out as they are."""
    chain = list(_chain(raised))
    own = next((link for link in chain if isinstance(link, ApiError)), None)
    error = own if own is not None else _classified(chain)
    error.method, error.path = method, path
    return error


def _classified(chain: list[BaseException]) -> ApiError:
    tls = next((link for link in chain if isinstance(link, ssl.SSLError)), None)
    if tls is not None:
        return _of_tls(tls)
    if _has(chain, _PROXY):
        return errors.ProxyFailed(_proxy_text(chain))
    if _has(chain, (socket.gaierror,)):
        return errors.NameNotResolved(_last_text(chain))
    if _has(chain, (ConnectionRefusedError,)):
        return errors.ConnectionRefused()
    if _has(chain, _TIMED_OUT):
        return errors.TimedOut()
    if "BadStatusLine" in {type(link).__name__ for link in chain} or _has(chain, _NOT_HTTP):
        return errors.NotKubernetes("It does not speak HTTP as an API server does.")
    if _has(chain, _BROKEN):
        return errors.StreamBroken()
    return Unreachable(_last_text(chain))


def _of_tls(tls: ssl.SSLError) -> ApiError:
    reason = (tls.reason or "").upper()
    if isinstance(tls, ssl.SSLCertVerificationError):
        text = tls.verify_message
        if tls.verify_code in _EXPIRED:
            return errors.TlsExpired(text)
        if tls.verify_code in _HOSTNAME:
            return errors.TlsHostname(text)
        return errors.TlsUntrusted(text)
    if isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return errors.StreamBroken()
    if any(word in reason for word in _PLAIN):
        return errors.PlainHttp()
    if any(word in reason for word in _OUR_CERTIFICATE):
        return errors.ClientCertificateRefused(reason.replace("_", " ").lower())
    return errors.TlsFailed(reason.replace("_", " ").lower() or "the handshake failed")


def _chain(raised: BaseException) -> Iterator[BaseException]:
    """`raised` and everything inside it: causes, contexts, urllib3's `reason`, aiohttp's `os_error`, arguments."""
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


def _has(chain: list[BaseException], kinds: tuple[type[BaseException], ...]) -> bool:
    return any(isinstance(link, kinds) for link in chain)


def _last_text(chain: list[BaseException]) -> str:
    """The system's own words (`No route to host`), which hold neither addresses of proxies nor headers."""
    found = [link.strerror for link in chain if isinstance(link, OSError) and link.strerror]
    return found[-1] if found else type(chain[-1]).__name__


def _proxy_text(chain: list[BaseException]) -> str:
    status = next((link.status for link in chain if isinstance(link, aiohttp.ClientHttpProxyError)), 0)
    return f"It answered {status}." if status else _last_text(chain)
