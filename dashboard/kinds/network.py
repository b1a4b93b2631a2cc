"""Summaries of Services, Ingresses and EndpointSlices: addresses, ports and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from dashboard.address.links import Links
from dashboard.kinds.fields import mapping, mappings, text, texts
from dashboard.kinds.kind import Cell, KindSummary, make_summary_fields, table

KubernetesObject = Mapping[str, Any]


def summarize_service(found: KubernetesObject, links: Links) -> KindSummary:
    """Ports, and where it can be reached."""
    spec = mapping(found, "spec")
    columns = [_("Name"), _("Port"), _("Target port"), _("Node port"), _("Application protocol")]
    return KindSummary(
        make_summary_fields(
            (_("Type"), text(spec, "type")),
            (_("Cluster IP"), ", ".join(texts(spec, "clusterIPs")) or text(spec, "clusterIP")),
            (_("External IP"), ", ".join([*_external_addresses(found), *texts(spec, "externalIPs")])),
            (_("External name"), text(spec, "externalName")),
            (_("Session affinity"), text(spec, "sessionAffinity")),
        ),
        table("ports", _("Ports"), columns, (_port(one) for one in mappings(spec, "ports"))),
    )


def summarize_ingress(found: KubernetesObject, links: Links) -> KindSummary:
    """One row for each path of each host."""
    hosts = [text(one, "host") for one in mappings(found, "spec", "rules")]
    columns = [_("Host"), _("Path"), _("Type"), _("Backend")]
    return KindSummary(
        make_summary_fields(
            (_("Ingress class"), text(found, "spec", "ingressClassName")),
            (_("Hosts"), ", ".join(host for host in hosts if host)),
            (_("Address"), ", ".join(_external_addresses(found))),
        ),
        table("rules", _("Rules"), columns, _rules(found, links)),
    )


def summarize_endpoint_slice(found: KubernetesObject, links: Links) -> KindSummary:
    """Each endpoint with its readiness."""
    ports = ", ".join(f"{text(one, 'name')} {text(one, 'port')}".strip() for one in mappings(found, "ports"))
    columns = [_("Addresses"), _("Ready"), _("Target port"), _("Node")]
    return KindSummary(
        make_summary_fields((_("Addresses"), text(found, "addressType")), (_("Ports"), ports)),
        table("endpoints", _("Endpoints"), columns, _endpoints(found, links)),
    )


def _external_addresses(found: KubernetesObject) -> Sequence[str]:
    entries = mappings(found, "status", "loadBalancer", "ingress")
    return [text(one, "hostname") or text(one, "ip") for one in entries]


def _port(port: KubernetesObject) -> Sequence[Cell]:
    return [
        Cell(text(port, "name")),
        Cell(f"{text(port, 'port')}/{text(port, 'protocol') or 'TCP'}"),
        Cell(text(port, "targetPort")),
        Cell(text(port, "nodePort")),
        Cell(text(port, "appProtocol")),
    ]


def _rules(found: KubernetesObject, links: Links) -> Iterator[Sequence[Cell]]:
    namespace = text(found, "metadata", "namespace")
    for rule in mappings(found, "spec", "rules"):
        for path in mappings(rule, "http", "paths"):
            name = text(path, "backend", "service", "name")
            port = mapping(path, "backend", "service", "port")
            target = f"{name}:{text(port, 'number') or text(port, 'name')}"
            yield [
                Cell(text(rule, "host") or "*"),
                Cell(text(path, "path")),
                Cell(text(path, "pathType")),
                Cell(target, url=links.object("", "Service", name, namespace)),
            ]


def _endpoints(found: KubernetesObject, links: Links) -> Iterator[Sequence[Cell]]:
    home = text(found, "metadata", "namespace")
    for one in mappings(found, "endpoints"):
        target = mapping(one, "targetRef")
        kind, name = text(target, "kind"), text(target, "name")
        url = links.object("", kind, name, text(target, "namespace") or home)
        ready = text(one, "conditions", "ready") != "false"
        yield [
            Cell(", ".join(texts(one, "addresses"))),
            Cell(_("Yes") if ready else _("No"), "ok" if ready else "warning"),
            Cell(f"{kind} {name}".strip(), url=url),
            Cell(text(one, "nodeName"), url=links.object("", "Node", text(one, "nodeName"))),
        ]
