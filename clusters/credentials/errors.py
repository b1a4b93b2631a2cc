"""Credential errors: the exception tree for invalid tokens, certificates, kubeconfigs and servers."""

from __future__ import annotations


class BadCredential(Exception):
    """`field` is the path (`users[0].user.exec`), `message` what is wrong there, `advice` what to do.

    `reason` is a word for programs: which page of advice to show (`exec`, `path`, `insecure`, ...).
    """

    def __init__(
        self, field: str, message: str, advice: str = "", *, reason: str = "", line: int = 0
    ) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message
        self.advice = advice
        self.reason = reason
        self.line = line


class KubeconfigError(BadCredential):
    """A kubeconfig, or one context of it, cannot be used. `line` counts from 1; 0 where none is to blame."""


class TokenError(BadCredential):
    """A bearer token that must not be sent."""


class CertificateError(BadCredential):
    """A client certificate, a key or an authority that cannot be used."""


class ServerError(BadCredential):
    """An address of an API server that is refused."""
