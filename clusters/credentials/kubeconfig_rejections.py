"""Kubeconfig rejections: fields that are never followed (exec, files, proxy), each with advice."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from clusters.credentials.errors import BadCredential, KubeconfigError
from clusters.credentials.kubeconfig_fields import FLATTEN, LocatedMapping, flag, is_set

IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")
BASIC = ("username", "password")


def reject_cluster_fields(
    cluster: LocatedMapping, proxy: bool, insecure: bool, reads_files: bool
) -> list[BadCredential]:
    """What of a cluster's fields is refused; the operator may be allowed a proxy, insecure TLS and files."""
    refused: list[BadCredential] = []
    if is_set(cluster, "certificate-authority") and not reads_files:
        refused.append(_path(cluster, "certificate-authority"))
    if is_set(cluster, "proxy-url") and not proxy:
        refused.append(_proxy(cluster))
    try:
        if flag(cluster, "insecure-skip-tls-verify") and not insecure:
            refused.append(_insecure(cluster))
    except KubeconfigError as wrong:  # neither true nor false
        refused.append(wrong)
    return refused


def reject_user_fields(user: LocatedMapping, reads_files: bool) -> list[BadCredential]:
    """What of a user's fields is refused, each by its own name."""
    return list(_find_user_errors(user, reads_files))


def _find_user_errors(user: LocatedMapping, reads_files: bool) -> Iterator[BadCredential]:
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


def _program(user: LocatedMapping, key: str) -> BadCredential:
    return KubeconfigError(
        user.path_to(key),
        _(
            "This user signs in with a program on your machine (exec plugin). Quarterdeck does not run "
            "programs for you."
        ),
        _("Use a ServiceAccount token instead; this page shows how."),
        reason="exec",
        line=user.line(key),
    )


def _path(mapping: LocatedMapping, key: str) -> BadCredential:
    return KubeconfigError(
        mapping.path_to(key),
        _("This refers to a file on your machine, which the server cannot read."),
        _("Paste the output of this command, which embeds the file: %(command)s") % {"command": FLATTEN},
        reason="path",
        line=mapping.line(key),
    )


def _proxy(cluster: LocatedMapping) -> BadCredential:
    return KubeconfigError(
        cluster.path_to("proxy-url"),
        _("Proxies from a kubeconfig are not used."),
        _("Remove this line. An administrator can set a proxy in the cluster's settings."),
        reason="proxy",
        line=cluster.line("proxy-url"),
    )


def _insecure(cluster: LocatedMapping) -> BadCredential:
    return KubeconfigError(
        cluster.path_to("insecure-skip-tls-verify"),
        _("This disables TLS verification, so anyone on the network path could steal the credential."),
        _(
            "Put the cluster's CA in certificate-authority-data and remove this line. If you must, an "
            "administrator can disable verification in the cluster's settings."
        ),
        reason="insecure",
        line=cluster.line("insecure-skip-tls-verify"),
    )


def _impersonation(user: LocatedMapping, key: str) -> BadCredential:
    return KubeconfigError(
        user.path_to(key),
        _("This impersonates another user. In Quarterdeck, everyone acts as themselves."),
        _("Remove this line, or add a credential for that identity."),
        reason="impersonation",
        line=user.line(key),
    )


def _basic(user: LocatedMapping, key: str) -> BadCredential:
    return KubeconfigError(
        user.path_to(key),
        _("Kubernetes removed basic authentication (username and password) in version 1.19."),
        _("Use a ServiceAccount token instead; this page shows how."),
        reason="basic",
        line=user.line(key),
    )
