"""World builder: creates objects with a past date, validated like every other write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Clock
from simulator.cluster import Cluster
from simulator.controllers.containers import RUNNING, TERMINATED, Run, runs_of
from simulator.controllers.index import PODS, amount, requests
from simulator.controllers.kubelet import address_in
from simulator.controllers.pod_status import pod_status
from simulator.controllers.scheduler import add_topology_labels, chooses, tolerates
from simulator.requests.statuses import StatusError
from simulator.schemas.resources import Resource, split_api_version
from simulator.store import Object
from simulator.worlds.checking import WorldError
from simulator.writing import registry
from simulator.writing.options import WriteOptions

NODES = ("", "nodes")
DEPLOYER, CONTROLLER = "argocd-controller", "kube-controller-manager"


@dataclass
class Builder:
    """Of one cluster, before its controllers run. `file` is for errors."""

    cluster: Cluster
    file: str
    now: float
    allocated: dict[str, list[float]] = field(default_factory=dict)  # by node: cores, bytes, pods
    address_counts: dict[str, int] = field(default_factory=dict)  # addresses of a node's range
    pods: list[Object] = field(default_factory=list)  # to be put in at once
    fitting: dict[str, list[Object]] = field(default_factory=dict)  # nodes, by what a pod requires of them

    def random_between(self, minimum: float, maximum: float) -> float:
        return self.cluster.random.uniform(minimum, maximum)

    def resource(self, thing: Object) -> Resource:
        group, version = split_api_version(thing["apiVersion"])
        found = self.cluster.catalog.find_kind(group, version, thing["kind"])
        if found is None:
            raise WorldError(f"{self.file}: there is no kind {thing['kind']} in {thing['apiVersion']}.")
        return found

    def validate(self, thing: Object, manager: str = DEPLOYER) -> Object:
        """With defaults and all that admission adds; not put in. Raises WorldError."""
        resource = self.resource(thing)
        metadata = thing["metadata"]
        namespace = metadata.get("namespace", "") if resource.is_namespaced else ""
        try:
            return registry.create(
                self.cluster, resource, namespace, thing, WriteOptions(manager=manager, is_dry_run=True)
            )
        except StatusError as one:
            name = f"{thing['kind']} {namespace}/{metadata.get('name', '')}"
            raise WorldError(f"{self.file}: {name} is rejected: {one.message}") from None

    def add_defaults(self, thing: Object) -> Object:
        """With defaults alone."""
        return registry.complete(self.cluster, self.resource(thing), thing)

    def put(
        self,
        thing: Object,
        timestamp: float,
        status: dict[str, Any] | None = None,
        manager: str = DEPLOYER,
        generation: int = 1,
    ) -> Object:
        """Created at that time (seconds since 1970), with that status; the object as it is stored."""
        given = thing.get("status")
        made = backdate(self.validate(thing, manager), timestamp, generation)
        if status is not None or given:
            made["status"] = status if status is not None else given
        made["metadata"].pop("resourceVersion", None)
        return self.cluster.store.put(self.resource(made).storage, made)

    # --- pods

    def choose_node(self, pod: Object) -> Object:
        """The one that fits and is the least full."""
        spec = pod["spec"]
        key = repr((spec.get("nodeSelector"), spec.get("tolerations")))
        if key not in self.fitting:
            nodes = self.cluster.store.items(NODES)
            self.fitting[key] = [one for one in nodes if can_run(spec, one)]
        cores, size = requests(pod)
        best, least = None, float("inf")
        for node in self.fitting[key]:
            name = node["metadata"]["name"]
            own, capacity = self.allocated.setdefault(name, [0.0, 0.0, 0.0]), _capacity(node)
            if any(
                part + requested > whole
                for part, requested, whole in zip(own, (cores, size, 1), capacity, strict=True)
            ):
                continue
            share = max(part / whole for part, whole in zip(own, capacity, strict=True))
            if share < least:
                best, least = node, share
        if best is None:
            name = pod["metadata"].get("generateName") or pod["metadata"].get("name")
            raise WorldError(
                f"{self.file}: no node has enough free resources for the pods {name}*. Add nodes, or request less."
            )
        self.allocate(best["metadata"]["name"], cores, size)
        return best

    def allocate(self, node: str, cores: float, size: float) -> None:
        own = self.allocated.setdefault(node, [0.0, 0.0, 0.0])
        own[0], own[1], own[2] = own[0] + cores, own[1] + size, own[2] + 1

    def next_address(self, node: Object) -> str:
        name = node["metadata"]["name"]
        self.address_counts[name] = self.address_counts.get(name, 0) + 1
        return address_in(node["spec"]["podCIDR"], self.address_counts[name])

    def bind_pod(self, pod: Object, node: Object, timestamp: float, name: str = "") -> Object:
        """A copy of a checked pod on a node, created at that time; parts are shared."""
        metadata = dict(
            add_topology_labels(pod, node)["metadata"],
            uid=self.cluster.new_uid(),
            creationTimestamp=Clock.format_timestamp(timestamp),
        )
        metadata["name"] = name or metadata["generateName"] + self.cluster.name_suffix()
        metadata["generation"] = 1
        metadata.pop("resourceVersion", None)
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "observedGeneration": 1}
        condition = scheduled | {"lastTransitionTime": metadata["creationTimestamp"]}
        status = pod["status"] | {"conditions": [condition], "startTime": metadata["creationTimestamp"]}
        spec = pod["spec"] | {"nodeName": node["metadata"]["name"]}
        return {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec, "status": status}

    def run_pod(self, pod: Object, node: Object, timestamp: float) -> Object:
        """Running since a few seconds after that time, and ready."""
        runs = runs_of(pod)
        for run in runs:
            self.start(run, timestamp + self.random_between(2.0, 12.0))
        return self.set_pod_status(pod, node, runs, timestamp + 20.0)

    def start(self, run: Run, timestamp: float) -> None:
        run.id = f"containerd://{self.cluster.random.getrandbits(256):064x}"
        run.started = float(int(timestamp))
        if run.kind == "init":
            run.state, run.reason, run.finished = TERMINATED, "Completed", run.started + 1
        else:
            run.state, run.ready = RUNNING, True

    def set_pod_status(self, pod: Object, node: Object, runs: list[Run], timestamp: float) -> Object:
        """With the status that a kubelet gives it."""
        host = node["status"]["addresses"][0]["address"]
        address = host if pod["spec"].get("hostNetwork") else self.next_address(node)
        status = pod_status(pod, runs, Clock.format_timestamp(timestamp), address=address, host=host)
        found = pod | {"status": status}
        self.pods.append(found)
        return found

    def load_pods(self) -> None:
        self.cluster.store.load(PODS, self.pods)
        self.pods = []


def set_owner_fields(thing: Object, owner: Object, api_version: str, kind: str) -> Object:
    """What a controller would make: with its kind, in its owner's namespace."""
    metadata = thing["metadata"] | {"namespace": owner["metadata"]["namespace"]}
    return thing | {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def backdate(thing: Object, timestamp: float, generation: int) -> Object:
    """A copy that was created at that time."""
    stamp = Clock.format_timestamp(timestamp)
    metadata = dict(thing["metadata"], creationTimestamp=stamp)
    if "generation" in metadata:
        metadata["generation"] = generation
    if fields := metadata.get("managedFields"):
        metadata["managedFields"] = [one | {"time": stamp} for one in fields]
    return thing | {"metadata": metadata}


def can_run(spec: dict[str, Any], node: Object) -> bool:
    taints: Iterable[dict[str, Any]] = (node.get("spec") or {}).get("taints") or ()
    return chooses(spec, node) and all(
        tolerates(spec.get("tolerations") or (), one) for one in taints if one["effect"] != "PreferNoSchedule"
    )


def _capacity(node: Object) -> tuple[float, float, float]:
    found = node["status"]["allocatable"]
    return amount(found["cpu"]), amount(found["memory"]), amount(found["pods"])
