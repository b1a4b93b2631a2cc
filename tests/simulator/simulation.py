"""Simulation of a cluster stepped second by second: frozen clock, controllers, no server."""

from __future__ import annotations

import copy
import datetime
from typing import Any

from simulator.clock import Clock
from simulator.cluster import Cluster
from simulator.controllers.behaviors import Behaviors, Rule
from simulator.runtime.cluster_runtime import ClusterRuntime
from simulator.runtime.script import Script
from simulator.schemas.resources import Object, Resource
from simulator.writing import registry
from simulator.writing.deletion import DeleteOptions, delete
from simulator.writing.options import WriteOptions

START = datetime.datetime(2026, 3, 2, 9, 30, tzinfo=datetime.UTC)
NODE_CAPACITY = {"cpu": "4", "memory": "8Gi", "pods": "50"}
WRITE_OPTIONS = WriteOptions(manager="tests")
GROUPS = {
    "Pod": "v1",
    "Service": "v1",
    "Node": "v1",
    "ConfigMap": "v1",
    "PersistentVolumeClaim": "v1",
    "ResourceQuota": "v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "PodDisruptionBudget": "policy/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "StorageClass": "storage.k8s.io/v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "Event": "v1",
    "PersistentVolume": "v1",
    "Endpoints": "v1",
}


class Simulation:
    """A cluster with nodes n0, n1, ... in which everything happens in namespace default."""

    def __init__(self, *rules: Rule, nodes: int = 3, seed: int = 1, script: Script | None = None) -> None:
        self.cluster = Cluster("simulation", seed=seed, clock=Clock(speed=0, start=START))
        self.cluster.load(node(f"n{number}", number) for number in range(nodes))
        self.runtime = ClusterRuntime(self.cluster, behaviors=Behaviors(list(rules)), script=script)
        self.runtime.settle()

    def make(self, kind: str, name: str, spec: Object | None = None, **rest: Any) -> Object:
        resource = self.resource(kind)
        body: Object = {"metadata": {"name": name} | rest.pop("metadata", {})} | copy.deepcopy(rest)
        if spec is not None:
            body["spec"] = copy.deepcopy(spec)
        made = registry.create(self.cluster, resource, self._namespace_of(resource), body, WRITE_OPTIONS)
        self.runtime.settle()
        return made

    def change(self, kind: str, name: str, **spec: Any) -> Object:
        """Of the spec."""
        resource = self.resource(kind)

        def changed(old: Object) -> Object:
            return old | {"spec": old["spec"] | spec}

        made = registry.update(
            self.cluster, resource, self._namespace_of(resource), name, changed, WRITE_OPTIONS
        )
        self.runtime.settle()
        return made

    def delete(self, kind: str, name: str, **options: Any) -> None:
        resource = self.resource(kind)
        delete(self.cluster, resource, self._namespace_of(resource), name, DeleteOptions(**options))
        self.runtime.settle()

    def get(self, kind: str, name: str) -> Object:
        resource = self.resource(kind)
        found = self.cluster.store.get(resource.storage, self._namespace_of(resource), name)
        assert found is not None, f"There is no {kind} {name}."
        return found

    def all(self, kind: str) -> list[Object]:
        resource = self.resource(kind)
        return self.cluster.store.items(resource.storage, self._namespace_of(resource))

    def step(self, seconds: float) -> None:
        self.runtime.step(seconds)

    def step_until(self, *, seconds: int = 600, **condition: Any) -> None:
        """Second by second until `holds()` is true; fails after so many."""
        holds = condition["holds"]
        for _ in range(seconds):
            if holds():
                return
            self.step(1)
        raise AssertionError(f"It did not come within {seconds} seconds.")

    def list_events(self, kind: str = "", name: str = "") -> list[tuple[str, str]]:
        """Reason and message of the Events about it, in the order in which they were recorded."""
        events = sorted(
            self.all("Event"), key=lambda one: one["metadata"]["name"].rpartition(".")[2].zfill(20)
        )
        return [
            (one["reason"], one["message"])
            for one in events
            if kind in ("", one["involvedObject"]["kind"]) and name in ("", one["involvedObject"]["name"])
        ]

    def resource(self, kind: str) -> Resource:
        group, _, version = GROUPS.get(kind, "apps/v1").rpartition("/")
        found = self.cluster.catalog.find_kind(group, version, kind)
        assert found is not None, kind
        return found

    def _namespace_of(self, resource: Resource) -> str:
        return "default" if resource.is_namespaced else ""


def node(name: str, number: int = 0, **labels: str) -> Object:
    zone = {"topology.kubernetes.io/zone": f"zone-{number % 2}"}
    address = {"type": "InternalIP", "address": f"192.168.0.{number + 1}"}
    status = {"capacity": NODE_CAPACITY, "allocatable": NODE_CAPACITY, "addresses": [address]}
    metadata = {"name": name, "labels": zone | labels}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {}, "status": status}


def template(image: str = "web:1", **container: Any) -> Object:
    one = {"name": "web", "image": image} | container
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [one]}}


def deployment(replicas: int = 3, image: str = "web:1", **rest: Any) -> Object:
    """A spec."""
    return {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "web"}},
        "template": template(image, **rest.pop("container", {})),
    } | rest


def phases(simulation: Simulation) -> list[str]:
    return [one["status"]["phase"] for one in simulation.all("Pod")]


def ready(thing: Object) -> bool:
    conditions = (thing.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def condition(thing: Object, kind: str) -> tuple[str, str]:
    """Status and reason."""
    for one in (thing.get("status") or {}).get("conditions") or ():
        if one["type"] == kind:
            return one["status"], one.get("reason", "")
    return "", ""
