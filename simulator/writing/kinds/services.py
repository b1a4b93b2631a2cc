"""Admission and validation of Services: cluster IP, node ports, and rules for ports."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any

from simulator.cluster import Cluster
from simulator.requests.statuses import Cause
from simulator.schemas.resources import Object, Resource
from simulator.writing.kinds.pod_specs import port_causes
from simulator.writing.names import DNS_LABEL, LABEL_RULE, bad_value, required_value
from simulator.writing.options import WriteOptions

SERVICES = ("", "services")
RANGE = ipaddress.ip_network("10.0.0.0/24")
NODE_PORTS = range(30000, 32768)


def admit(
    cluster: Cluster, resource: Resource, thing: Object, was: Object | None, options: WriteOptions
) -> None:
    spec = thing.setdefault("spec", {})
    if was is None:
        thing["status"] = {"loadBalancer": {}}
    if spec.get("type") == "ExternalName":
        return
    if was is not None and not spec.get("clusterIP"):
        for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if key in was["spec"]:
                spec[key] = was["spec"][key]
    if not spec.get("clusterIP"):
        spec["clusterIP"] = _free_address(cluster)
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    is_balanced = (
        spec.get("type") == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is not False
    )
    if spec.get("type") == "NodePort" or is_balanced:
        _node_ports(cluster, spec, was)


def causes(cluster: Cluster, thing: Object, was: Object | None) -> Iterator[Cause]:
    spec = thing.get("spec") or {}
    ports = spec.get("ports") or []
    is_headless = spec.get("clusterIP") == "None"
    if not ports and not is_headless and spec.get("type") != "ExternalName":
        yield required_value("spec.ports")
    for number, port in enumerate(ports):
        yield from _port_causes(port, f"spec.ports[{number}]", is_named=len(ports) > 1)
    if spec.get("type") == "ExternalName" and not spec.get("externalName"):
        yield required_value("spec.externalName")
    yield from _address_causes(spec, was)


def _port_causes(port: dict[str, Any], path: str, *, is_named: bool) -> Iterator[Cause]:
    name, target = port.get("name", ""), port.get("targetPort")
    if is_named and not name:
        yield required_value(f"{path}.name")
    elif name and not DNS_LABEL.fullmatch(name):
        yield bad_value(f"{path}.name", f'"{name}"', LABEL_RULE)
    yield from port_causes(port.get("port", 0), f"{path}.port")
    if isinstance(target, int):
        yield from port_causes(target, f"{path}.targetPort")
    elif isinstance(target, str) and not re.fullmatch(r"[a-z0-9-]+", target):
        why = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
        yield bad_value(f"{path}.targetPort", f'"{target}"', why)


def _address_causes(spec: dict[str, Any], was: Object | None) -> Iterator[Cause]:
    address = spec.get("clusterIP")
    if not address or address == "None":
        return
    old = (was or {"spec": {}})["spec"].get("clusterIP")
    if old and old != address:
        shown = json.dumps(spec.get("clusterIPs"), separators=(",", ":"))
        yield bad_value("spec.clusterIPs[0]", shown, "may not change once set")
    elif ipaddress.ip_address(address) not in RANGE:
        why = (
            f"failed to allocate IP {address}: the provided IP ({address}) is not in the valid range. The range of "
            f"valid IPs is {RANGE}"
        )
        yield bad_value("spec.clusterIPs", json.dumps([address]), why)


def _free_address(cluster: Cluster) -> str:
    taken = {(one.get("spec") or {}).get("clusterIP") for one in cluster.store.items(SERVICES)}
    hosts = [str(one) for one in RANGE.hosts() if str(one) not in taken]
    return cluster.random.choice(hosts) if hosts else str(RANGE.network_address)


def _node_ports(cluster: Cluster, spec: dict[str, Any], was: Object | None) -> None:
    taken = {
        port.get("nodePort")
        for one in cluster.store.items(SERVICES)
        for port in (one.get("spec") or {}).get("ports") or ()
    }
    olds = {
        port.get("port"): port.get("nodePort") for port in (was or {"spec": {}})["spec"].get("ports") or ()
    }
    for port in spec.get("ports") or ():
        if not port.get("nodePort"):
            port["nodePort"] = olds.get(port.get("port")) or cluster.random.choice(
                [one for one in NODE_PORTS if one not in taken]
            )
            taken.add(port["nodePort"])
