"""Table printers of Services, EndpointSlices, Ingresses, NetworkPolicies and IP addresses."""

from __future__ import annotations

import datetime
from typing import Any

from simulator.printing.parts import (
    NONE,
    UNKNOWN,
    UNSET,
    age_of,
    annotation,
    first_of,
    labels_text,
    name,
    selector_text,
    spec,
    status,
)
from simulator.schemas.resources import Object

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
MAX_ITEMS = 3  # of hosts, ports and addresses


def service(thing: Object, now: datetime.datetime) -> list[Any]:
    desired = spec(thing)
    addresses = desired.get("clusterIPs") or [desired.get("clusterIP") or NONE]
    return [
        name(thing),
        desired.get("type", "ClusterIP"),
        addresses[0],
        _external(thing),
        ",".join(_port(one) for one in desired.get("ports") or ()) or NONE,
        age_of(thing, now),
        labels_text(desired.get("selector")),
    ]


def endpoints(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), _endpoints(thing), age_of(thing, now)]


def endpoint_slice(thing: Object, now: datetime.datetime) -> list[Any]:
    ports = [_slice_port(one) for one in thing.get("ports") or ()]
    addresses = [each for one in thing.get("endpoints") or () for each in one.get("addresses") or ()]
    return [
        name(thing),
        thing.get("addressType", ""),
        first_of(ports, MAX_ITEMS, len(ports)) or UNSET,
        first_of(addresses, MAX_ITEMS, len(addresses)) or UNSET,
        age_of(thing, now),
    ]


def ingress(thing: Object, now: datetime.datetime) -> list[Any]:
    desired = spec(thing)
    return [
        name(thing),
        NONE if desired.get("ingressClassName") is None else desired["ingressClassName"],
        _hosts([one.get("host", "") for one in desired.get("rules") or ()]),
        _load_balancer_addresses(thing),
        "80, 443" if desired.get("tls") else "80",
        age_of(thing, now),
    ]


def ingress_class(thing: Object, now: datetime.datetime) -> list[Any]:
    shown = name(thing) + (" (default)" if annotation(thing, DEFAULT_CLASS) == "true" else "")
    parameters, text = spec(thing).get("parameters"), NONE
    if parameters is not None:
        group = parameters.get("apiGroup")
        kind = parameters.get("kind", "") + ("" if group is None else f".{group}")
        text = f"{kind}/{parameters.get('name', '')}"
    return [shown, spec(thing).get("controller", ""), text, age_of(thing, now)]


def network_policy(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), selector_text(spec(thing).get("podSelector")) or NONE, age_of(thing, now)]


def ip_address(thing: Object, now: datetime.datetime) -> list[Any]:
    """One cell more than there are columns: so does the API server."""
    parent, text = spec(thing).get("parentRef"), NONE
    if parent is not None:
        group = parent.get("group")
        kind = f"{parent.get('resource', '')}.{group}" if group else parent.get("resource", "")
        parts = [kind.lower(), parent.get("namespace"), parent.get("name", "")]
        text = "/".join(one for one in parts if one is not None)
    return [name(thing), text, age_of(thing, now)]


def service_cidr(thing: Object, now: datetime.datetime) -> list[Any]:
    return [name(thing), ",".join(spec(thing).get("cidrs") or ()), age_of(thing, now)]


def _external(thing: Object) -> str:
    """The EXTERNAL-IP of a Service."""
    desired = spec(thing)
    kind, own = desired.get("type", "ClusterIP"), list(desired.get("externalIPs") or ())
    if kind in ("ClusterIP", "NodePort"):
        return ",".join(own) or NONE
    if kind == "LoadBalancer":
        balanced = _load_balancer_addresses(thing)
        return ",".join([balanced, *own] if balanced else own) or "<pending>"
    return str(desired.get("externalName", "")) if kind == "ExternalName" else UNKNOWN


def _load_balancer_addresses(thing: Object) -> str:
    """The addresses of a load balancer, sorted, each once."""
    found = (status(thing).get("loadBalancer") or {}).get("ingress") or ()
    return ",".join(
        sorted({text for one in found if (text := one.get("ip") or one.get("hostname") or "") != ""})
    )


def _port(one: Object) -> str:
    number = one.get("port", 0)
    shown = f"{number}:{one['nodePort']}" if one.get("nodePort") else str(number)
    return f"{shown}/{one.get('protocol', 'TCP')}"


def _endpoints(thing: Object) -> str:
    subsets = thing.get("subsets") or ()
    if not subsets:
        return NONE
    found: list[str] = []
    for subset in subsets:
        addresses = [one.get("ip", "") for one in subset.get("addresses") or ()]
        ports = subset.get("ports") or ()
        found += (
            [_join_host_port(each, one.get("port", 0)) for one in ports for each in addresses]
            if ports
            else addresses
        )
    return first_of(found, MAX_ITEMS, len(found))


def _join_host_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _slice_port(one: Object) -> str:
    if one.get("port") is not None:
        return str(one["port"])
    return "*" if one.get("name") is None else str(one["name"])


def _hosts(hosts: list[str]) -> str:
    """Three hosts at the most. The rest is counted over all rules, with or without hosts, as Go counts it."""
    found: list[str] = []
    for host in hosts:
        if len(found) == MAX_ITEMS:
            return f"{','.join(found)} + {len(hosts) - MAX_ITEMS} more..."
        if host:
            found.append(host)
    return ",".join(found) or "*"
