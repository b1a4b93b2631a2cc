"""Event recorder: Events of controllers with repeat counts, expiry and an upper bound."""

from __future__ import annotations

from typing import Any

from simulator.cluster import Cluster
from simulator.requests.statuses import StatusError
from simulator.store import Object
from simulator.writing import registry
from simulator.writing.options import WriteOptions

EVENTS = ("", "events")
TTL_SECONDS = 3600  # kube-apiserver's --event-ttl
MAX_EVENTS = 5000  # Events of a cluster; the oldest go
SWEEP_SECONDS = 300
EVENTS_V1_REPORTERS = {"default-scheduler"}  # reporters that write events.k8s.io/v1 rather than core Events


class Recorder:
    """Writes the Events of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._names: dict[tuple[str, ...], str] = {}  # the Event's name, by what it reports
        self._last = 0

    def record(
        self, thing: Object, reason: str, message: str, *, component: str, warning: bool = False, **more: Any
    ) -> None:
        """`more` is `path` (in the object), `host`, `action`, and `since` where it has long been so: (first and last
        moment in seconds since 1970, how often)."""
        about = reference(thing, more.get("path", ""))
        namespace = about.get("namespace") or "default"
        key = (component, about.get("uid", ""), about.get("fieldPath", ""), reason, message)
        name = self._names.get(key)
        if name is not None and self._count_again(namespace, name):
            return
        kind = "Warning" if warning else "Normal"
        body = {
            "metadata": {"name": self._name(thing), "namespace": namespace},
            "involvedObject": about,
            "reason": reason,
            "message": message[:1024],
            "type": kind,
        } | self._time_fields(component, more)
        if len(self._names) >= MAX_EVENTS:
            self._names.pop(next(iter(self._names)))
        resource = self._cluster.catalog.find("", "v1", "events")
        assert resource is not None  # noqa: S101 - every version has it
        try:
            made = registry.create(self._cluster, resource, namespace, body, WriteOptions(manager=component))
        except StatusError:
            return  # the namespace is going
        self._names[key] = made["metadata"]["name"]

    def sweep(self) -> None:
        """Those that are over, and the oldest where there are too many."""
        events = self._cluster.store.items(EVENTS)
        oldest = self._cluster.clock.format_timestamp(self._cluster.clock.seconds() - TTL_SECONDS)
        over = [one for one in events if _last_seen(one) < oldest]
        left = sorted((one for one in events if _last_seen(one) >= oldest), key=_last_seen)
        for one in [*over, *left[: max(len(left) - MAX_EVENTS, 0)]]:
            metadata = one["metadata"]
            self._cluster.store.remove(EVENTS, metadata["namespace"], metadata["name"])

    def _time_fields(self, component: str, more: dict[str, Any]) -> dict[str, Any]:
        if component in EVENTS_V1_REPORTERS:
            return {
                "eventTime": self._cluster.clock.stamp_micro(),
                "firstTimestamp": None,
                "lastTimestamp": None,
                "source": {},
                "action": more.get("action", ""),
                "reportingComponent": component,
                "reportingInstance": f"{component}-simulator",
            }
        now = self._cluster.clock.seconds()
        first, last, count = more.get("since") or (now, now, 1)
        source = {"component": component} | ({"host": more["host"]} if more.get("host") else {})
        return {
            "count": count,
            "firstTimestamp": self._cluster.clock.format_timestamp(first),
            "lastTimestamp": self._cluster.clock.format_timestamp(last),
            "source": source,
            "reportingComponent": component,
            "reportingInstance": more.get("host", ""),
        }

    def _count_again(self, namespace: str, name: str) -> bool:
        """Whether there was such an Event, which has now been seen once more."""
        resource = self._cluster.catalog.find("", "v1", "events")
        found = self._cluster.store.get(EVENTS, namespace, name)
        if found is None or resource is None:
            return False
        now = self._cluster.clock.stamp()

        def again(old: Object) -> Object:
            if old.get("eventTime"):
                count = (old.get("series") or {}).get("count", 1) + 1
                old["series"] = {"count": count, "lastObservedTime": self._cluster.clock.stamp_micro()}
            else:
                old["count"] = old.get("count", 1) + 1
                old["lastTimestamp"] = now
            return old

        options = WriteOptions(manager=found.get("reportingComponent") or "simulator")
        registry.update(self._cluster, resource, namespace, name, again, options)
        return True

    def _name(self, thing: Object) -> str:
        """As client-go names it: by the time in nanoseconds, which is made to grow."""
        self._last = max(int(self._cluster.clock.seconds() * 1_000_000) * 1000, self._last + 1)
        return f"{thing['metadata']['name'][:230]}.{self._last:x}"


def reference(thing: Object, path: str = "") -> dict[str, Any]:
    metadata = thing["metadata"]
    found = {
        "kind": thing["kind"],
        "namespace": metadata.get("namespace", ""),
        "name": metadata["name"],
        "uid": metadata["uid"],
        "apiVersion": thing["apiVersion"],
        "resourceVersion": metadata.get("resourceVersion", ""),
    }
    return {key: value for key, value in found.items() if value} | ({"fieldPath": path} if path else {})


def _last_seen(event: Object) -> str:
    series = event.get("series") or {}
    found = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return str(found or event["metadata"]["creationTimestamp"])
