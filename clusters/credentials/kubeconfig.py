"""What does a kubeconfig from a stranger offer? Contexts, each with an identity or the reasons against it.

The text is hostile input: it is never given to a library's loader, and reading it starts no process, opens
no file and connects to nothing. The fields are those of client-go (tools/clientcmd/api/v1/types.go);
`extensions` and `preferences` are dropped. A caller that may read the files that it names passes `read_file`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from django.utils.translation import gettext as _

from clusters.api.connection import Identity
from clusters.credentials import kubeconfig_fields as fields
from clusters.credentials.certificate import checked_bundle, checked_pair
from clusters.credentials.errors import BadCredential, KubeconfigError
from clusters.credentials.kubeconfig_fields import Place, ReadFile
from clusters.credentials.kubeconfig_refusals import refused_in_cluster, refused_in_user
from clusters.credentials.server import checked_proxy, checked_server
from clusters.credentials.token import checked_token
from clusters.credentials.yaml_tree import read_tree

T = TypeVar("T")
MOST_CONTEXTS = 200


@dataclass(frozen=True)
class Context:
    """One context. `identity` is there exactly where `problems` is empty; `ca` is clean PEM."""

    name: str
    cluster: str
    user: str
    namespace: str
    server: str
    ca: str
    tls_server_name: str
    insecure: bool
    proxy_url: str
    identity: Identity | None
    problems: tuple[BadCredential, ...]

    @property
    def has_cluster(self) -> bool:
        """Is the cluster's part of it usable, whatever is wrong with the user's?"""
        return bool(self.server) and not any(one.field.startswith("clusters") for one in self.problems)


@dataclass(frozen=True)
class Kubeconfig:
    """`current` is the name of the current context, "" where the file names none."""

    contexts: tuple[Context, ...]
    current: str

    def context(self, name: str) -> Context | None:
        return next((one for one in self.contexts if one.name == name), None)


@dataclass(frozen=True)
class Allowed:
    """What only the operator's own command may take over: named files, a proxy, TLS that is not verified."""

    read_file: ReadFile | None = None
    proxy: bool = False
    insecure: bool = False


def read_kubeconfig(text: bytes | str, allowed: Allowed | None = None) -> Kubeconfig:
    """The contexts of the text; `KubeconfigError` where it is no kubeconfig that can be read at all."""
    root = fields.root(read_tree(text))
    fields.expect(root, "kind", "Config")
    fields.expect(root, "apiVersion", "v1")
    clusters = fields.named(root, "clusters", "cluster")
    users = fields.named(root, "users", "user")
    contexts = fields.named(root, "contexts", "context")
    if not contexts:
        raise KubeconfigError(
            "contexts",
            _("This file has no contexts."),
            _("Paste the output of: kubectl config view --raw --flatten --minify"),
            reason="contexts",
        )
    if len(contexts) > MOST_CONTEXTS:
        raise KubeconfigError("contexts", _("This file has more than 200 contexts."), reason="size")
    reader = _Reader(clusters, users, allowed or Allowed())
    return Kubeconfig(
        tuple(reader.context(name, place) for name, place in contexts.items()),
        fields.text(root, "current-context"),
    )


def one_context(kubeconfig: Kubeconfig, name: str = "") -> Context:
    """The context of this name, or the current or only one; its first problem is raised."""
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
    if found.problems:
        raise found.problems[0]
    return found


@dataclass(frozen=True)
class _Reader:
    """Joins each context with its cluster and user."""

    clusters: dict[str, Place]
    users: dict[str, Place]
    allowed: Allowed
    read: dict[str, object] = field(default_factory=dict, repr=False)

    def context(self, name: str, place: Place) -> Context:
        cluster_name, user_name = fields.text(place, "cluster"), fields.text(place, "user")
        problems: list[BadCredential] = []
        cluster = self._find(self.clusters, cluster_name, place, "cluster", problems)
        user = self._find(self.users, user_name, place, "user", problems)
        reads = self.allowed.read_file is not None
        problems += refused_in_cluster(cluster, self.allowed.proxy, self.allowed.insecure, reads)
        refused = refused_in_user(user, reads)
        server = _attempt(
            problems, lambda: checked_server(fields.text(cluster, "server"), field=cluster.at("server"))
        )
        ca = _attempt(problems, lambda: self._once("ca", cluster, self._ca))
        proxy = _attempt(problems, lambda: self._proxy(cluster))
        identity = (
            None if refused else _attempt(problems, lambda: self._once("identity", user, self._identity))
        )
        problems += refused
        return Context(
            name=name,
            cluster=cluster_name,
            user=user_name,
            namespace=fields.namespace(place),
            server=server or "",
            ca=ca or "",
            tls_server_name=fields.host(cluster, "tls-server-name"),
            insecure=fields.flag(cluster, "insecure-skip-tls-verify"),
            proxy_url=proxy or "",
            identity=None if problems else identity,
            problems=tuple(problems),
        )

    def _find(
        self, known: dict[str, Place], name: str, place: Place, key: str, problems: list[BadCredential]
    ) -> Place:
        if name in known:
            return known[name]
        message = _("This refers to %(name)s, which is not defined in the file.") % {
            "name": name or _("nothing")
        }
        problems.append(KubeconfigError(place.at(key), message, reason="reference"))
        return fields.nowhere(place.at(key))

    def _once(self, what: str, place: Place, read: Callable[[Place], T]) -> T:
        """What many contexts share is read once: certificates and keys take their time."""
        key = f"{what} {place.path}"
        if key not in self.read:
            try:
                self.read[key] = read(place)
            except BadCredential as wrong:
                self.read[key] = wrong
        found = self.read[key]
        if isinstance(found, BadCredential):
            raise found
        return cast(T, found)

    def _ca(self, cluster: Place) -> str:
        pem = fields.pem(cluster, "certificate-authority", self.allowed.read_file)
        return checked_bundle(pem, field=cluster.at("certificate-authority-data"))

    def _proxy(self, cluster: Place) -> str:
        if not self.allowed.proxy:
            return ""
        return checked_proxy(fields.text(cluster, "proxy-url"), field=cluster.at("proxy-url"))

    def _identity(self, user: Place) -> Identity:
        token = fields.text(user, "token")
        if self.allowed.read_file and fields.text(user, "tokenFile"):  # wins over token, as in client-go
            token = fields.file_text(user, "tokenFile", self.allowed.read_file)
        certificate = fields.pem(user, "client-certificate", self.allowed.read_file)
        key = fields.pem(user, "client-key", self.allowed.read_file)
        if token and (certificate or key):
            raise KubeconfigError(
                user.path,
                _(
                    "This user has both a token and a client certificate; Kubernetes would use the certificate."
                ),
                _("Remove one of the two."),
                reason="both",
            )
        if token:
            return Identity(token=checked_token(token, field=user.at("token")))
        if not certificate and not key:
            raise KubeconfigError(
                user.path,
                _("This user has neither a token nor a client certificate with its key."),
                _("Paste the output of: kubectl config view --raw --flatten --minify"),
                reason="nothing",
            )
        at = {
            "certificate_field": user.at("client-certificate-data"),
            "key_field": user.at("client-key-data"),
        }
        certificate, key = checked_pair(certificate, key, **at)
        return Identity(certificate=certificate, key=key)


def _attempt(problems: list[BadCredential], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except BadCredential as wrong:
        problems.append(wrong)
        return None
