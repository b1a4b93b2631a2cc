"""Calls behind a page: each request that it sent, as kubectl, curl and Python, without a secret and ready to copy.

They are those of the call logs of the page's sessions. curl and Python go through the pass-through, with a personal
token in $QUARTERDECK_TOKEN and the kubeconfig that is downloaded with it.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from clusters.api.call_log import RecordedCall
from clusters.api.resource_attributes import ResourceAttributes, parse_attributes
from clusters.gateway.connect import ClusterSession
from clusters.passthrough.raw_paths import PREFIX
from dashboard.address import kubectl
from dashboard.address.paths import ALL, CLUSTER

BASE = "$QUARTERDECK_URL"  # where nothing says which URL people use
KUBECONFIG = "quarterdeck.kubeconfig.yaml"
_OPTIONS = {"labelSelector": "-l", "fieldSelector": "--field-selector"}
_ARGUMENTS = {"labelSelector": "label_selector", "fieldSelector": "field_selector"}


@dataclass(frozen=True)
class PageCall:
    """One call, as it is written in three languages; of a review `kubectl` alone."""

    what: str  # `GET /api/v1/pods`
    kubectl: str
    curl: str = ""
    python: str = ""


@dataclass(frozen=True)
class PageCalls:
    """All of a page."""

    calls: Sequence[PageCall]
    reviews: Sequence[PageCall]
    left_out: int


@dataclass(frozen=True)
class CallsOfPage:
    """The calls of a page, listed where it ends: until then it sends more."""

    cluster_sessions: Sequence[ClusterSession]

    def collect(self) -> PageCalls:
        return list_calls(self.cluster_sessions)


def list_calls(cluster_sessions: Sequence[ClusterSession]) -> PageCalls:
    """What was sent so far."""
    calls: list[PageCall] = []
    reviews: list[PageCall] = []
    left_out = 0
    for cluster_session in cluster_sessions:
        log = cluster_session.connection.call_log
        if log is None:
            continue
        for one in log.calls():
            (calls if one.method == "GET" else reviews).append(write_call(cluster_session.cluster.slug, one))
        left_out += log.left_out
    return PageCalls(calls, reviews, left_out)


def write_call(cluster: str, call: RecordedCall) -> PageCall:
    """A call in each language."""
    target = call.path + (f"?{urlencode(call.query, quote_via=quote, safe='')}" if call.query else "")
    what = f"{call.method} {target}"
    if call.method == "POST":
        return PageCall(what, _write_review(cluster, call.review or {}, call.path))
    return PageCall(
        what,
        _write_kubectl(cluster, call, target),
        _write_curl(cluster, target),
        _write_python(cluster, call, target),
    )


def _write_kubectl(cluster: str, call: RecordedCall, target: str) -> str:
    attributes, query = parse_attributes("GET", call.path, call.query), dict(call.query)
    if not _is_plain(attributes, query):
        return kubectl.command(cluster, CLUSTER, "get", "--raw", target)
    words = [_name_resource(attributes)]
    is_object = attributes.verb == "get"
    if is_object:
        words.append(attributes.name)
    for name, option in _OPTIONS.items():
        words += [option, query[name]] if name in query else []
    words += ["-o", "json"]
    words += ["--watch"] if attributes.verb == "watch" else []
    namespace = (
        CLUSTER if attributes.is_of_namespaces else attributes.namespace or (CLUSTER if is_object else ALL)
    )
    return kubectl.command(cluster, namespace, "get", *words)


def _write_curl(cluster: str, target: str) -> str:
    base = settings.PUBLIC_URL.origin if settings.PUBLIC_URL else BASE
    url = f"{base}{settings.SUB_PATH}{PREFIX.decode()}{cluster}{target}"
    quoted = f'"{BASE}"{shlex.quote(url.removeprefix(BASE))}' if url.startswith(BASE) else shlex.quote(url)
    return f'curl --fail-with-body -sS -H "Authorization: Bearer $QUARTERDECK_TOKEN" {quoted}'


def _write_python(cluster: str, call: RecordedCall, target: str) -> str:
    attributes, query = parse_attributes("GET", call.path, call.query), dict(call.query)
    lines = [
        "from kubernetes import config, dynamic",
        f"api = dynamic.DynamicClient(config.new_client_from_config({KUBECONFIG!r}, context={cluster!r}))",
    ]
    if not _is_plain(attributes, query):
        lines.append(f"print(api.request('get', {target!r}, serialize=False).data.decode())")
        return "\n".join(lines)
    api_version = "/".join(one for one in (attributes.group, attributes.version) if one)
    lines.append(f"resource = api.resources.get(api_version={api_version!r}, name={attributes.resource!r})")
    arguments = [f"name={attributes.name!r}"] if attributes.verb == "get" else []
    if attributes.namespace and not attributes.is_of_namespaces:
        arguments.append(f"namespace={attributes.namespace!r}")
    arguments += [f"{word}={query[name]!r}" for name, word in _ARGUMENTS.items() if name in query]
    if attributes.verb == "watch":
        lines += [f"for event in resource.watch({', '.join(arguments)}):", "    print(event['raw_object'])"]
    else:
        lines.append(f"print(resource.get({', '.join(arguments)}).to_dict())")
    return "\n".join(lines)


def _is_plain(attributes: ResourceAttributes, query: Mapping[str, str]) -> bool:
    """Whether it is a get, list or watch of a resource with no other options than selectors."""
    return (
        bool(attributes.resource)
        and attributes.verb in ("get", "list", "watch")
        and not attributes.subresource
        and set(query) <= {*_OPTIONS, "watch"}
    )


def _name_resource(attributes: ResourceAttributes) -> str:
    """With its version, as kubectl takes it; the core group has none that could be named so."""
    parts = (
        [attributes.resource, attributes.version, attributes.group]
        if attributes.group
        else [attributes.resource]
    )
    return ".".join(parts)


def _write_review(cluster: str, spec: Mapping[str, Any], path: str) -> str:
    asked = spec.get("resourceAttributes")
    if not isinstance(asked, Mapping):
        if isinstance(spec.get("namespace"), str):
            return kubectl.command(cluster, spec["namespace"] or CLUSTER, "auth", "can-i", "--list")
        return kubectl.command(cluster, CLUSTER, "auth", "whoami")
    named = {
        key: str(asked.get(key) or "")
        for key in ("verb", "group", "resource", "subresource", "namespace", "name")
    }
    resource = ".".join(one for one in (named["resource"], named["group"]) if one)
    words = [named["verb"], f"{resource}/{named['name']}" if named["name"] else resource]
    if named["subresource"]:
        words.append(f"--subresource={named['subresource']}")
    return kubectl.command(cluster, named["namespace"] or ALL, "auth", "can-i", *words)
