"""Kubeconfigs for the pass-through: one context for each cluster of a token."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpRequest

from clusters.models import Cluster, Credential, PersonalToken
from clusters.passthrough.raw_paths import PREFIX


def base_url(request: HttpRequest) -> str:
    """The public URL, or where this request came to, with the prefix of the pass-through."""
    origin = settings.PUBLIC_URL.origin if settings.PUBLIC_URL else f"{request.scheme}://{request.get_host()}"
    return f"{origin}{settings.SUB_PATH}{PREFIX.decode()}".rstrip("/")


def build_kubeconfig(token: PersonalToken, secret: str, base: str, certificate: str = "") -> str:
    """YAML with one context for each cluster; its namespace is the one that the person's credential names.

    `certificate` is the CA (PEM) of this server, where clients do not trust it by themselves.
    """
    clusters = list(token.clusters.all())
    namespaces = _namespaces(token, clusters)
    document: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": one.slug, "cluster": _cluster(f"{base}/{one.slug}", certificate)} for one in clusters
        ],
        "users": [{"name": "quarterdeck", "user": {"token": secret}}],
        "contexts": [
            {"name": one.slug, "context": _context(one.slug, namespaces.get(one.pk, ""))} for one in clusters
        ],
        "current-context": clusters[0].slug if clusters else "",
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _cluster(server: str, certificate: str) -> dict[str, str]:
    found = {"server": server}
    if certificate:
        found["certificate-authority-data"] = base64.b64encode(certificate.encode()).decode()
    return found


def _context(cluster: str, namespace: str) -> dict[str, str]:
    context = {"cluster": cluster, "user": "quarterdeck"}
    return {**context, "namespace": namespace} if namespace else context


def _namespaces(token: PersonalToken, clusters: list[Cluster]) -> Mapping[int, str]:
    """By cluster: the one namespace of the token, else the one that the person uses there."""
    if token.namespaces:
        return {one.pk: str(token.namespaces[0]) for one in clusters}
    found = Credential.objects.filter(user=token.user, cluster__in=clusters).exclude(namespace="")
    return dict(found.values_list("cluster_id", "namespace"))
