"""Base objects of a world: nodes, namespaces with roles and quotas, CustomResourceDefinitions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from simulator.clock import Clock
from simulator.controllers.nodes import HEALTHY_CONDITIONS
from simulator.schemas.archive import Archive
from simulator.store import Object
from simulator.worlds.files import Plan, parse_seconds

DAY = 86_400.0
RBAC = "rbac.authorization.k8s.io"
KERNEL, SYSTEM = "6.1.0-26-cloud-amd64", "Debian GNU/Linux 12 (bookworm)"
LIMITS = {"default": {"cpu": "500m", "memory": "512Mi"}, "defaultRequest": {"cpu": "50m", "memory": "64Mi"}}


def build_base_objects(
    plan: Plan, archive: Archive, now: float, chance: random.Random, first: int = 0
) -> Iterator[Object]:
    """`first` is where nodes begin to be counted: addresses and ids follow from it."""
    yield from build_namespaces(plan, now, chance)
    yield from _nodes(plan, archive, now, chance, first)
    for one in plan.objects:
        yield _backdate(_establish(one, now), now - 200 * DAY)


def build_namespaces(plan: Plan, now: float, chance: random.Random) -> Iterator[Object]:
    for name, one in plan.namespaces.items():
        age = parse_seconds(one["age"], f"{plan.file}: namespaces.{name}.age") if "age" in one else 200 * DAY
        since = now - age - chance.random() * DAY
        labels = {"kubernetes.io/metadata.name": name} | (one.get("labels") or {})
        if one.get("team"):
            labels |= {"team": one["team"]}
        metadata: dict[str, Any] = {"name": name, "labels": labels}
        if one.get("annotations"):
            metadata["annotations"] = one["annotations"]
        if name not in ("default", "kube-system", "kube-public", "kube-node-lease"):
            thing = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
            yield _backdate(
                thing | {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}, since
            )
        for thing in _build_namespace_objects(name, one):
            yield _backdate(thing, since)


def _build_namespace_objects(name: str, one: dict[str, Any]) -> Iterator[Object]:
    """Its team's rights, its quota and limits, its walls."""
    if team := one.get("team"):
        yield build_binding(f"team-{team}", name, "developer", [f"team-{team}"])
    if quota := one.get("quota"):
        hard = {key: str(value) for key, value in quota.items()}
        yield _build_object(
            "v1", "ResourceQuota", "team", name, spec={"hard": hard}, status={"hard": hard, "used": {}}
        )
        limits = [{"type": "Container"} | LIMITS]
        yield _build_object("v1", "LimitRange", "defaults", name, spec={"limits": limits})
    if one.get("isolated"):
        yield from _build_network_policies(name)


def _build_network_policies(name: str) -> Iterator[Object]:
    group = "networking.k8s.io/v1"
    yield _build_object(
        group, "NetworkPolicy", "deny-all", name, spec={"podSelector": {}, "policyTypes": ["Ingress"]}
    )
    own = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {}}]}]}
    yield _build_object(group, "NetworkPolicy", "allow-same-namespace", name, spec=own)
    gate = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}
    spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [gate]}]}
    yield _build_object(group, "NetworkPolicy", "allow-ingress", name, spec=spec)


def build_binding(name: str, namespace: str, role: str, groups: list[str]) -> Object:
    subjects = [{"apiGroup": RBAC, "kind": "Group", "name": one} for one in groups]
    reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}
    return _build_object(f"{RBAC}/v1", "RoleBinding", name, namespace, roleRef=reference, subjects=subjects)


def _build_object(version: str, kind: str, name: str, namespace: str, **rest: Any) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **rest}


def _backdate(thing: Object, timestamp: float) -> Object:
    return thing | {"metadata": {"creationTimestamp": Clock.format_timestamp(timestamp)} | thing["metadata"]}


def _establish(thing: Object, now: float) -> Object:
    """A CustomResourceDefinition is served at once."""
    if thing["kind"] != "CustomResourceDefinition":
        return thing
    since = Clock.format_timestamp(now - 200 * DAY)
    conditions = [
        {"type": kind, "status": "True", "lastTransitionTime": since, "reason": reason, "message": message}
        for kind, reason, message in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
    ]
    names = thing["spec"]["names"]
    names = {"singular": names["kind"].lower(), "listKind": f"{names['kind']}List"} | names
    spec = {"conversion": {"strategy": "None"}} | thing["spec"] | {"names": names}
    versions = [one["name"] for one in spec["versions"] if one.get("storage")]
    status = {"conditions": conditions, "acceptedNames": names, "storedVersions": versions}
    return thing | {"spec": spec, "status": status}


def _nodes(plan: Plan, archive: Archive, now: float, chance: random.Random, number: int) -> Iterator[Object]:
    for pool in plan.nodes:
        for offset in range(pool["count"]):
            number += 1
            yield _node(plan, archive, pool, offset, number, now, chance)


def node_name(plan: Plan, pool: dict[str, Any], index: int) -> str:
    return f"{plan.region}-{pool['pool']}-{index + 1:02d}"


def _node(
    plan: Plan,
    archive: Archive,
    pool: dict[str, Any],
    index: int,
    number: int,
    now: float,
    chance: random.Random,
) -> Object:
    name, zone = node_name(plan, pool, index), pool["zones"][index % len(pool["zones"])]
    age = parse_seconds(pool.get("age", "40d"), f"{plan.file}: nodes ({pool['pool']}).age")
    since = now - age - chance.random() * 2 * DAY
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": pool.get("instance", "standard-8"),
        "topology.kubernetes.io/region": plan.region,
        "topology.kubernetes.io/zone": zone,
        "pool": pool["pool"],
    } | (pool.get("labels") or {})
    if pool.get("role"):
        labels[f"node-role.kubernetes.io/{pool['role']}"] = ""
    cidr = f"10.{128 + number // 64 % 128}.{number * 4 % 256}.0/22"
    spec: dict[str, Any] = {
        "podCIDR": cidr,
        "podCIDRs": [cidr],
        "providerID": f"cloud:///{zone}/i-{number:08x}",
    }
    if pool.get("taints"):
        spec["taints"] = pool["taints"]
    capacity = {
        "cpu": str(pool["cpu"]),
        "memory": str(pool["memory"]),
        "ephemeral-storage": str(pool.get("storage", "200Gi")),
        "pods": str(pool.get("pods", 110)),
    }
    address = f"10.{10 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"
    status = {
        "capacity": capacity,
        "allocatable": capacity,
        "conditions": _conditions(now, since),
        "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": _node_info(archive, pool, number),
    }
    metadata = {"name": name, "labels": labels, "creationTimestamp": Clock.format_timestamp(since)}
    metadata["annotations"] = {"volumes.kubernetes.io/controller-managed-attach-detach": "true"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec, "status": status}


def _conditions(now: float, since: float) -> list[dict[str, Any]]:
    beat, change = Clock.format_timestamp(now), Clock.format_timestamp(since + 30)
    return [
        {
            "type": kind,
            "status": word,
            "lastHeartbeatTime": beat,
            "lastTransitionTime": change,
            "reason": reason,
            "message": message,
        }
        for kind, (word, reason, message) in HEALTHY_CONDITIONS.items()
    ]


def _node_info(archive: Archive, pool: dict[str, Any], number: int) -> dict[str, str]:
    return {
        "architecture": "amd64",
        "bootID": f"{number:08x}-0000-4000-8000-00000000b007",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kernelVersion": pool.get("kernel", KERNEL),
        "kubeProxyVersion": "",
        "kubeletVersion": pool.get("version", archive.release["gitVersion"]),
        "machineID": f"{number:032x}",
        "operatingSystem": "linux",
        "osImage": pool.get("image", SYSTEM),
        "systemUUID": f"{number:08x}-0000-4000-8000-0000000005e5",
    }
