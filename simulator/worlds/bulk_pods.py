"""Bulk pods of a world: 100,000 pods in Deployments of a hundred, with shared parts."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from simulator.clock import Clock
from simulator.controllers.deployments import new_replica_set
from simulator.controllers.pods import new_pod
from simulator.controllers.scheduler import add_topology_labels
from simulator.reconcilers.accounts import create_namespace_defaults
from simulator.store import Object
from simulator.worlds.apps import build_workload
from simulator.worlds.base_objects import build_base_objects
from simulator.worlds.builder import CONTROLLER, Builder, set_owner_fields
from simulator.worlds.files import Plan
from simulator.worlds.workload_history import deployment_status, replica_set_status

DAY = 86_400.0
ZONE = "topology.kubernetes.io/zone"
REPLICAS = 100  # pods of one Deployment
PODS_PER_NODE = 200  # pods of one node
DEPLOYMENTS_PER_NAMESPACE = 50  # of one namespace
POOL: dict[str, Any] = {
    "pool": "bulk", "zones": ["a", "b", "c"], "cpu": 64, "memory": "256Gi", "pods": 250, "instance": "standard-64",
    "taints": [{"key": "dedicated", "value": "bulk", "effect": "NoSchedule"}],
}  # fmt: skip


def add_rows(builder: Builder, plan: Plan, rows: int, nodes: list[Object]) -> None:
    """So many pods more, or a few more than that, on those nodes."""
    count = -(-rows // REPLICAS)
    for number in range(count):
        namespace = f"bulk-{number // DEPLOYMENTS_PER_NAMESPACE + 1:02d}"
        if number % DEPLOYMENTS_PER_NAMESPACE == 0:
            metadata = {
                "name": namespace,
                "labels": {"kubernetes.io/metadata.name": namespace, "team": "bulk"},
            }
            spec = {"finalizers": ["kubernetes"]}
            thing = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata, "spec": spec}
            builder.cluster.load([thing | {"status": {"phase": "Active"}}])
            create_namespace_defaults(builder.cluster, namespace)
        app = {
            "name": f"worker-{number + 1:04d}",
            "namespace": namespace,
            "replicas": REPLICAS,
            "pool": "bulk",
        }
        _deployment(builder, plan, app | {"cpu": "100m", "tag": f"1.{number % 30}.0"}, nodes, number)


def add_nodes(builder: Builder, plan: Plan, rows: int) -> list[Object]:
    """For so many pods; to be there before DaemonSets look for theirs."""
    count = -(-rows // PODS_PER_NODE) + 1 if rows else 0
    pool = POOL | {"count": count, "zones": [f"{plan.region}{zone}" for zone in POOL["zones"]]}
    bare = Plan(plan.file, plan.version, plan.region, "", "", (), {}, [pool], [], [], [], [])
    made = list(
        build_base_objects(bare, builder.cluster.archive, builder.now, builder.cluster.random, first=500)
    )
    builder.cluster.load(made)
    builder.fitting.clear()
    return made


def _deployment(builder: Builder, plan: Plan, app: dict[str, Any], nodes: list[Object], number: int) -> None:
    since = builder.now - builder.random_between(2 * DAY, 60 * DAY)
    thing = build_workload(plan, app)
    thing["metadata"].setdefault("annotations", {})["deployment.kubernetes.io/revision"] = "1"
    own = builder.put(thing, since)
    replica_set = set_owner_fields(new_replica_set(own, [], 1), own, "apps/v1", "ReplicaSet")
    made = builder.put(replica_set, since, replica_set_status(REPLICAS, REPLICAS, 1), CONTROLLER)
    status = deployment_status(own, made, REPLICAS, REPLICAS, since, since)
    builder.cluster.store.put(("apps", "deployments"), own | {"status": status})
    builder.pods.extend(_pods(builder, made, nodes, since, number * REPLICAS))


def _pods(builder: Builder, owner: Object, nodes: list[Object], since: float, first: int) -> Iterator[Object]:
    """They were created at the same time: but for name, uid, node and address they are the same objects."""
    checked = builder.validate(
        set_owner_fields(new_pod(owner["spec"]["template"], owner), owner, "v1", "Pod"), CONTROLLER
    )
    node = nodes[first // PODS_PER_NODE]
    bound = builder.bind_pod(checked, node, since)
    one = builder.run_pod(bound, node, since)
    builder.pods.pop()
    checked["metadata"].pop("resourceVersion", None)
    stamp = Clock.format_timestamp(since)
    zones = {one["metadata"]["labels"][ZONE]: one for one in nodes}
    labelled = {zone: add_topology_labels(checked, one)["metadata"] for zone, one in zones.items()}
    for number in range(first, first + REPLICAS):
        node = nodes[number // PODS_PER_NODE]
        host = node["status"]["addresses"][0]["address"]
        address = builder.next_address(node)
        own = {"hostIP": host, "hostIPs": [{"ip": host}], "podIP": address, "podIPs": [{"ip": address}]}
        metadata = copy.copy(labelled[node["metadata"]["labels"][ZONE]])
        metadata["name"] = metadata["generateName"] + builder.cluster.name_suffix()
        metadata |= {"uid": builder.cluster.new_uid(), "creationTimestamp": stamp, "generation": 1}
        yield one | {
            "metadata": metadata,
            "spec": one["spec"] | {"nodeName": node["metadata"]["name"]},
            "status": one["status"] | own,
        }
