"""Which fields of a kubeconfig are never followed here, and what is the way out of each?"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from clusters.credentials.errors import BadCredential, KubeconfigError
from clusters.credentials.kubeconfig_fields import Place, flag, is_set

FLATTEN = "kubectl config view --raw --flatten --minify"
IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")
BASIC = ("username", "password")


def refused_in_cluster(cluster: Place, proxy: bool, insecure: bool, reads_files: bool) -> list[BadCredential]:
    """What of a cluster's fields is refused; the operator may be allowed a proxy, insecure TLS and files."""
    refused: list[BadCredential] = []
    if is_set(cluster, "certificate-authority") and not reads_files:
        refused.append(_path(cluster, "certificate-authority"))
    if is_set(cluster, "proxy-url") and not proxy:
        refused.append(_proxy(cluster))
    if flag(cluster, "insecure-skip-tls-verify") and not insecure:
        refused.append(_insecure(cluster))
    return refused


def refused_in_user(user: Place, reads_files: bool) -> list[BadCredential]:
    """What of a user's fields is refused, each by its own name."""
    return list(_of_user(user, reads_files))


def _of_user(user: Place, reads_files: bool) -> Iterator[BadCredential]:
    if is_set(user, "exec"):
        yield _program(user, "exec")
    if is_set(user, "auth-provider"):
        yield _program(user, "auth-provider")
    if not reads_files:
        for key in ("tokenFile", "client-certificate", "client-key"):
            if is_set(user, key):
                yield _path(user, key)
    for key in IMPERSONATION:
        if is_set(user, key):
            yield _impersonation(user, key)
    for key in BASIC:
        if is_set(user, key):
            yield _basic(user, key)


def _program(user: Place, key: str) -> BadCredential:
    return KubeconfigError(
        user.at(key),
        _("This user signs in by a program on your own machine, and a server does not run programs for you."),
        _("Use a ServiceAccount's token instead; this page shows how."),
        reason="exec",
        line=user.line(key),
    )


def _path(place: Place, key: str) -> BadCredential:
    return KubeconfigError(
        place.at(key),
        _("This names a file on your own machine, which cannot be read from here."),
        _("Bring the output of this command, which holds the file's content: %(command)s")
        % {"command": FLATTEN},
        reason="path",
        line=place.line(key),
    )


def _proxy(cluster: Place) -> BadCredential:
    return KubeconfigError(
        cluster.at("proxy-url"),
        _("A proxy that a kubeconfig names is not used."),
        _("Leave the line out. An administrator sets the cluster's proxy on its page."),
        reason="proxy",
        line=cluster.line("proxy-url"),
    )


def _insecure(cluster: Place) -> BadCredential:
    return KubeconfigError(
        cluster.at("insecure-skip-tls-verify"),
        _("This switches the verification of TLS off, so anybody in between could take the credential."),
        _(
            "Put the cluster's authority in certificate-authority-data and leave this line out; "
            "if it must be, an administrator switches verification off on the cluster's page."
        ),
        reason="insecure",
        line=cluster.line("insecure-skip-tls-verify"),
    )


def _impersonation(user: Place, key: str) -> BadCredential:
    return KubeconfigError(
        user.at(key),
        _("This makes the caller act as somebody else; here each person acts as themselves."),
        _("Leave the line out, or bring a credential of that identity."),
        reason="impersonation",
        line=user.line(key),
    )


def _basic(user: Place, key: str) -> BadCredential:
    return KubeconfigError(
        user.at(key),
        _("Kubernetes has not taken user names and passwords since version 1.19."),
        _("Use a ServiceAccount's token instead; this page shows how."),
        reason="basic",
        line=user.line(key),
    )
