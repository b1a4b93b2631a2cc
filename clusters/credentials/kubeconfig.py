"""Kubeconfig reader: contexts of an untrusted file, each with an identity or the errors against it.

The text is hostile input: it is never given to a library's loader, and reading it starts no process, opens
no file and connects to nothing. The fields are those of client-go (tools/clientcmd/api/v1/types.go);
`extensions` and `preferences` are dropped. A caller that may read the files that it names passes `read_file`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

from django.utils.translation import gettext as _

from clusters.api.connection import Identity
from clusters.credentials import kubeconfig_fields as fields
from clusters.credentials.certificate import checked_bundle, checked_pair
from clusters.credentials.errors import BadCredential, KubeconfigError
from clusters.credentials.kubeconfig_fields import LocatedMapping, NamedEntry, ReadFile
from clusters.credentials.kubeconfig_rejections import reject_cluster_fields, reject_user_fields
from clusters.credentials.server import checked_proxy, checked_server
from clusters.credentials.token import checked_token
from clusters.credentials.yaml_tree import read_tree

T = TypeVar("T")
MOST_CONTEXTS = 200


@dataclass(frozen=True)
class Context:
    """One context. `identity` is there exactly where `errors` is empty; `ca` is clean PEM."""

    name: str
    cluster: str = ""
    user: str = ""
    namespace: str = ""
    server: str = ""
    ca: str = ""
    tls_server_name: str = ""
    insecure: bool = False
    proxy_url: str = ""
    identity: Identity | None = None
    errors: tuple[BadCredential, ...] = ()

    @property
    def has_cluster(self) -> bool:
        """Is the cluster's part of it usable, whatever is wrong with the user's?"""
        return bool(self.server) and not any(one.field.startswith("clusters") for one in self.errors)


@dataclass(frozen=True)
class Kubeconfig:
    """`current` is the name of the current context, "" where the file names none."""

    contexts: tuple[Context, ...]
    current: str

    def context(self, name: str) -> Context | None:
        return next((one for one in self.contexts if one.name == name), None)


@dataclass(frozen=True)
class ImportOptions:
    """What only the operator's own command may take over: named files, a proxy, TLS that is not verified."""

    read_file: ReadFile | None = None
    proxy: bool = False
    insecure: bool = False


def read_kubeconfig(text: bytes | str, options: ImportOptions | None = None) -> Kubeconfig:
    """The contexts of the text; `KubeconfigError` where it is no kubeconfig that can be read at all."""
    root = fields.root(read_tree(text))
    fields.expect(root, "kind", "Config")
    fields.expect(root, "apiVersion", "v1")
    clusters = fields.read_named_list(root, "clusters", "cluster")
    users = fields.read_named_list(root, "users", "user")
    contexts = fields.read_named_list(root, "contexts", "context")
    if not contexts:
        raise KubeconfigError(
            "contexts",
            _("This file has no contexts."),
            _("Paste the output of: kubectl config view --raw --flatten --minify"),
            reason="contexts",
        )
    if len(contexts) > MOST_CONTEXTS:
        raise KubeconfigError("contexts", _("This file has more than 200 contexts."), reason="size")
    reader = _Reader(
        {one.name: one for one in clusters if one.has_name},
        {one.name: one for one in users if one.has_name},
        options or ImportOptions(),
    )
    return Kubeconfig(
        tuple(reader.context(one) for one in contexts),
        fields.text(root, "current-context"),
    )


def one_context(kubeconfig: Kubeconfig, name: str = "") -> Context:
    """The context of this name, or the current or only one; its first error is raised."""
    wanted = (
        name or kubeconfig.current or (kubeconfig.contexts[0].name if len(kubeconfig.contexts) == 1 else "")
    )
    found = kubeconfig.context(wanted)
    if not found:
        known = ", ".join(one.name for one in kubeconfig.contexts[:20])
        raise KubeconfigError(
            "contexts" if name else "current-context",
            _("There is no context named %(name)s.") % {"name": wanted or "-"},
            _("Choose one of: %(names)s") % {"names": known},
            reason="contexts",
        )
    if found.errors:
        raise found.errors[0]
    return found


@dataclass(frozen=True)
class _Reader:
    """Joins each context with its cluster and user."""

    clusters: dict[str, NamedEntry]
    users: dict[str, NamedEntry]
    options: ImportOptions
    cache: dict[str, object] = field(default_factory=dict, repr=False)

    def context(self, entry: NamedEntry) -> Context:
        """The context; whatever is wrong with it is among its errors, and costs no other context."""
        if entry.error:
            return Context(entry.name, errors=(entry.error,))
        errors: list[BadCredential] = []
        mapping, reads = entry.mapping, self.options.read_file is not None
        namespace = _attempt(errors, lambda: fields.namespace(mapping)) or ""
        cluster_name, cluster = self._find(self.clusters, mapping, "cluster", errors)
        user_name, user = self._find(self.users, mapping, "user", errors)
        errors += reject_cluster_fields(cluster, self.options.proxy, self.options.insecure, reads)
        refused = reject_user_fields(user, reads)
        read = Context(
            name=entry.name,
            cluster=cluster_name,
            user=user_name,
            namespace=namespace,
            server=_attempt(errors, lambda: self._server(cluster)) or "",
            ca=_attempt(errors, lambda: self._read_once("ca", cluster, self._ca)) or "",
            tls_server_name=_attempt(errors, lambda: fields.host(cluster, "tls-server-name")) or "",
            insecure=bool(_attempt([], lambda: fields.flag(cluster, "insecure-skip-tls-verify"))),
            proxy_url=_attempt(errors, lambda: self._proxy(cluster)) or "",
        )
        if not refused:
            identity = _attempt(errors, lambda: self._read_once("identity", user, self._identity))
            read = replace(read, identity=identity)
        errors += refused
        return replace(read, identity=None, errors=tuple(errors)) if errors else read

    def _find(
        self, known: Mapping[str, NamedEntry], mapping: LocatedMapping, key: str, errors: list[BadCredential]
    ) -> tuple[str, LocatedMapping]:
        """The name that the context gives, and what has that name in the file: nothing where it cannot be used."""
        missing = fields.empty_mapping(mapping.path_to(key))
        before = len(errors)
        name = _attempt(errors, lambda: fields.text(mapping, key)) or ""
        if len(errors) > before:
            return "", missing
        if name not in known:
            message = _("This refers to %(name)s, which is not defined in the file.") % {
                "name": name or _("nothing")
            }
            errors.append(KubeconfigError(mapping.path_to(key), message, reason="reference"))
            return name, missing
        found = known[name]
        if found.error:
            errors.append(found.error)
            return name, missing
        return name, found.mapping

    def _server(self, cluster: LocatedMapping) -> str:
        return checked_server(fields.text(cluster, "server"), field=cluster.path_to("server"))

    def _read_once(self, what: str, mapping: LocatedMapping, read: Callable[[LocatedMapping], T]) -> T:
        """What many contexts share is read once: certificates and keys take their time."""
        key = f"{what} {mapping.path}"
        if key not in self.cache:
            try:
                self.cache[key] = read(mapping)
            except BadCredential as wrong:
                self.cache[key] = wrong
        found = self.cache[key]
        if isinstance(found, BadCredential):
            raise found
        return cast(T, found)

    def _ca(self, cluster: LocatedMapping) -> str:
        pem = fields.pem(cluster, "certificate-authority", self.options.read_file)
        return checked_bundle(pem, field=cluster.path_to("certificate-authority-data"))

    def _proxy(self, cluster: LocatedMapping) -> str:
        if not self.options.proxy:
            return ""
        return checked_proxy(fields.text(cluster, "proxy-url"), field=cluster.path_to("proxy-url"))

    def _identity(self, user: LocatedMapping) -> Identity:
        """Token, certificate or both: client-go sends both, and a certificate that is accepted wins."""
        token = fields.secret_text(user, "token")
        if self.options.read_file and fields.text(user, "tokenFile"):  # wins over token, as in client-go
            token = fields.file_text(user, "tokenFile", self.options.read_file)
        certificate = fields.pem(user, "client-certificate", self.options.read_file)
        key = fields.pem(user, "client-key", self.options.read_file)
        if token:
            token = checked_token(token, field=user.path_to("token"))
        if not token and not certificate and not key:
            raise KubeconfigError(
                user.path,
                _("This user has neither a token nor a client certificate with its key."),
                _("Paste the output of: kubectl config view --raw --flatten --minify"),
                reason="nothing",
            )
        if not certificate and not key:
            return Identity(token=token)
        at = {
            "certificate_field": user.path_to("client-certificate-data"),
            "key_field": user.path_to("client-key-data"),
        }
        certificate, key = checked_pair(certificate, key, **at)
        return Identity(token=token, certificate=certificate, key=key)


def _attempt(errors: list[BadCredential], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except BadCredential as wrong:
        errors.append(wrong)
        return None
