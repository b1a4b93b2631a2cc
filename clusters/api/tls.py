"""TLS contexts: verification of an API server's certificate, and the client certificate."""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cachetools import LRUCache

from clusters.api.connection import Connection, Identity, Server
from clusters.api.deadlines import TimedSSLSocket
from clusters.api.errors import CredentialMissing, TlsUntrusted

_MAX_CONTEXTS = 512
_contexts: LRUCache[tuple[object, ...], ssl.SSLContext] = LRUCache(_MAX_CONTEXTS)
_lock = threading.Lock()


def ssl_context(connection: Connection) -> ssl.SSLContext:
    """The context for `connection`, kept for the next one with the same server and client certificate."""
    server, identity = connection.server, connection.identity
    key = (server.ca, server.system_cas, server.verify, identity.certificate, identity.key)
    with _lock:
        found = _contexts.get(key)
        if found is not None:
            return found
    made = _build(server, identity)
    with _lock:
        _contexts[key] = made
    return made


def server_name(server: Server) -> str | None:
    """The name for SNI and for verification where it is not the host of the URL."""
    return server.tls_server_name or None


def _build(server: Server, identity: Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = TimedSSLSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    # As Go does it, so that what kubectl accepts is accepted here: names are in subjectAltName only, each
    # certificate of the bundle is an anchor, and CAs without a keyUsage (old kubeadm) pass.
    context.hostname_checks_common_name = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if server.verify:
        _trust(context, server)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if identity.certificate and identity.key:
        _show(context, identity)
    return context


def _trust(context: ssl.SSLContext, server: Server) -> None:
    if server.ca:
        try:
            context.load_verify_locations(cadata=server.ca)
        except (ssl.SSLError, ValueError, TypeError) as unreadable:
            raise TlsUntrusted("The cluster's CA bundle contains no valid certificate.") from unreadable
    if server.system_cas or not server.ca:
        context.load_default_certs()


def _show(context: ssl.SSLContext, identity: Identity) -> None:
    """Load the client certificate. The ssl module reads paths only; this one ends with the call."""
    pem = f"{identity.certificate.strip()}\n{identity.key.strip()}\n".encode()
    try:
        with _temporary_path(pem) as path:
            # Without a password callback an encrypted key would ask at the server's terminal.
            context.load_cert_chain(path, password=lambda: b"")
    except (ssl.SSLError, ValueError) as unusable:
        raise CredentialMissing(
            "The client certificate and its key cannot be parsed, or do not belong together."
        ) from (unusable)


@contextmanager
def _temporary_path(content: bytes) -> Iterator[str]:
    """A path to `content`: in memory where the system can, else a file of mode 0600 that goes at once."""
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        descriptor = os.memfd_create("client-certificate", os.MFD_CLOEXEC)
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    with tempfile.NamedTemporaryFile(prefix="client-certificate-") as file:
        file.write(content)
        file.flush()
        yield file.name
