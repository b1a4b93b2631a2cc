"""Services, Ingresses, NetworkPolicies and endpoints: addresses, ports and rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.address.links import Links
from dashboard.kinds.fields import KubernetesObject, mapping, mappings, name_of, namespace_of, text, texts
from dashboard.kinds.kind import Kind
from dashboard.kinds.menu import NETWORK, MenuSlot
from dashboard.kinds.references import Pick, Reference, pick_pods_by_labels
from dashboard.kinds.selectors import format_selector
from dashboard.kinds.summary import Cell, KindSummary, make_summary_fields, table


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
    """As `kubectl describe ingress` has them: each path, a host without paths, and what takes all the rest."""
    namespace = namespace_of(found)
    default = mapping(found, "spec", "defaultBackend")
    for rule in mappings(found, "spec", "rules"):
        host, paths = Cell(text(rule, "host") or "*"), mappings(rule, "http", "paths")
        for path in paths:
            backend = _backend(mapping(path, "backend"), namespace, links)
            yield [host, Cell(text(path, "path")), Cell(text(path, "pathType")), backend]
        if not paths:
            yield [host, Cell("*"), Cell(""), _backend(default, namespace, links)]
    if default:
        yield [Cell("*"), Cell("*"), Cell(_("Default backend")), _backend(default, namespace, links)]


def _backend(backend: KubernetesObject, namespace: str, links: Links) -> Cell:
    """A Service with its port, or any other object of the namespace."""
    if resource := mapping(backend, "resource"):
        group, kind, name = (text(resource, key) for key in ("apiGroup", "kind", "name"))
        return Cell(f"{kind} {name}".strip(), url=links.object(group, kind, name, namespace))
    name, port = text(backend, "service", "name"), mapping(backend, "service", "port")
    if not name:
        return Cell(_("None"))
    return Cell(
        ":".join(part for part in (name, text(port, "number") or text(port, "name")) if part),
        url=links.object("", "Service", name, namespace),
    )


def _endpoints(found: KubernetesObject, links: Links) -> Iterator[Sequence[Cell]]:
    home = namespace_of(found)
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


def pick_service_lists(found: KubernetesObject) -> Iterator[Pick]:
    """The Pods behind a Service, and its EndpointSlices."""
    yield from pick_pods_by_labels(found)
    owned = f"kubernetes.io/service-name={name_of(found)}"
    yield Pick(
        _("EndpointSlices"),
        "discovery.k8s.io",
        "EndpointSlice",
        namespace_of(found),
        labels=owned,
        is_live=True,
    )


def pick_policy_lists(found: KubernetesObject) -> Iterator[Pick]:
    """The Pods that a NetworkPolicy applies to; an empty podSelector selects all of the namespace."""
    labels = format_selector(mapping(found, "spec", "podSelector"))
    yield Pick(_("Pods"), "", "Pod", namespace_of(found), labels=labels, is_live=True)


def find_endpoint_slice_references(found: KubernetesObject) -> Iterator[Reference]:
    """Its Service, and what is behind each endpoint."""
    if service := text(found, "metadata", "labels", "kubernetes.io/service-name"):
        yield Reference(_("Service"), "", "Service", service, namespace_of(found))
    for endpoint in mappings(found, "endpoints"):
        yield from _find_target(mapping(endpoint, "targetRef"), namespace_of(found))


def find_endpoints_references(found: KubernetesObject) -> Iterator[Reference]:
    """The Service, which has the same name, and what is behind each address."""
    yield Reference(_("Service"), "", "Service", name_of(found), namespace_of(found))
    for subset in mappings(found, "subsets"):
        for endpoint in [*mappings(subset, "addresses"), *mappings(subset, "notReadyAddresses")]:
            yield from _find_target(mapping(endpoint, "targetRef"), namespace_of(found))


def find_ingress_references(found: KubernetesObject) -> Iterator[Reference]:
    """Its class, its backends and the Secrets of its certificates."""
    home = namespace_of(found)
    if name := text(found, "spec", "ingressClassName"):
        yield Reference(_("IngressClass"), "networking.k8s.io", "IngressClass", name)
    backends = [mapping(found, "spec", "defaultBackend")]
    for rule in mappings(found, "spec", "rules"):
        backends += [mapping(path, "backend") for path in mappings(rule, "http", "paths")]
    for backend in backends:
        if name := text(backend, "service", "name"):
            yield Reference(_("Services"), "", "Service", name, home)
        if name := text(backend, "resource", "name"):
            resource = mapping(backend, "resource")
            yield Reference(_("Backends"), text(resource, "apiGroup"), text(resource, "kind"), name, home)
    for entry in mappings(found, "spec", "tls"):
        if name := text(entry, "secretName"):
            yield Reference(_("TLS Secrets"), "", "Secret", name, home)


def _find_target(target: KubernetesObject, default_namespace: str) -> Iterator[Reference]:
    if text(target, "name"):
        namespace = text(target, "namespace") or default_namespace
        yield Reference(_("Endpoints"), "", text(target, "kind") or "Pod", text(target, "name"), namespace)


KINDS = (
    Kind(
        group="",
        kind="Service",
        plural="services",
        label=gettext_lazy("Services"),
        menu=MenuSlot(NETWORK, 10, goto="s"),
        summarize=summarize_service,
        find_picks=pick_service_lists,
    ),
    Kind(
        group="networking.k8s.io",
        kind="Ingress",
        plural="ingresses",
        label=gettext_lazy("Ingresses"),
        menu=MenuSlot(NETWORK, 20, goto="i"),
        summarize=summarize_ingress,
        find_references=find_ingress_references,
    ),
    Kind(
        group="networking.k8s.io",
        kind="NetworkPolicy",
        plural="networkpolicies",
        label=gettext_lazy("NetworkPolicies"),
        menu=MenuSlot(NETWORK, 30),
        find_picks=pick_policy_lists,
    ),
    Kind(
        group="discovery.k8s.io",
        kind="EndpointSlice",
        plural="endpointslices",
        label=gettext_lazy("EndpointSlices"),
        menu=MenuSlot(NETWORK, 40),
        summarize=summarize_endpoint_slice,
        find_references=find_endpoint_slice_references,
    ),
    Kind(
        group="",
        kind="Endpoints",
        plural="endpoints",
        find_references=find_endpoints_references,
    ),
)
