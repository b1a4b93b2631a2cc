"""Comparison of two clusters with running controllers: each settles, then its state is compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.contract.both import Both, compare, normalize_response
from tests.contract.contenders import Contender
from tests.dashboard_server import wait_for

SECONDS = 60
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_HASHES = re.compile(rf"-[{_LETTERS}]{{7,10}}(-[{_LETTERS}]{{5}})?\b")
_ENDS = re.compile(rf"(?<=[a-z0-9])-[{_LETTERS}]{{5}}\b")
_BARE = re.compile(rf'(?<=": ")[{_LETTERS}]{{8,10}}(?=")')
_COUNTS = re.compile(r"(?<=: )\d+(?= node\(s\)| Preemption)|\d+/\d+(?= nodes)")


@dataclass(frozen=True)
class ClusterNamespace:
    """A namespace of one contender."""

    contender: Contender
    namespace: str

    def kubectl(self, *arguments: str, input: str | None = None) -> list[Any]:
        """Exit code, standard output, standard error."""
        return list(self.contender.kubectl("-n", self.namespace, *arguments, input=input))

    def run_kubectl(self, *arguments: str, input: str | None = None) -> str:
        """Its standard output; it must be taken."""
        code, output, errors = self.kubectl(*arguments, input=input)
        assert code == 0, errors
        return str(output)

    def make(self, *things: dict[str, Any]) -> None:
        body = {"apiVersion": "v1", "kind": "List", "items": list(things)}
        self.run_kubectl("create", "-f", "-", input=json.dumps(body))

    def get(self, kind: str, name: str) -> Any:
        return json.loads(self.run_kubectl("get", kind, name, "-o", "json"))

    def all(self, kind: str, *arguments: str) -> list[Any]:
        found = json.loads(self.run_kubectl("get", kind, "-o", "json", *arguments))["items"]
        return sorted(
            found, key=lambda one: (one["metadata"].get("generateName", ""), one["metadata"]["name"])
        )

    def wait_until(self, holds: Callable[[], Any], what: str = "") -> None:
        wait_for(holds, seconds=SECONDS, message=f"{self.contender.name}: {what or holds}")

    def wait_for_rollout(self, name: str = "deployment/web") -> None:
        """And its status is what it will stay."""
        self.run_kubectl("rollout", "status", name, f"--timeout={SECONDS}s")
        self.wait_until(lambda: not self._is_settling(*name.split("/")), f"{name} comes to rest")

    def _is_settling(self, kind: str, name: str) -> bool:
        found = self.get(kind, name)
        status, pods = found.get("status") or {}, self.all("pods")
        is_going = any("deletionTimestamp" in one["metadata"] for one in pods)
        is_seen = status.get("observedGeneration") == found["metadata"]["generation"]
        return is_going or not is_seen or status.get("terminatingReplicas", 0) > 0


def same(both: Both, namespace: str, request: Callable[[ClusterNamespace], Any]) -> Any:
    """Runs it in both side by side; fails where they differ. Hashes and generated suffixes are normalized."""
    with ThreadPoolExecutor(2) as pool:
        namespaces = [ClusterNamespace(one, namespace) for one in (both.simulator, both.kubernetes)]
        found, expected = (_normalize_names(normalize_response(one)) for one in pool.map(request, namespaces))
    compare(found, expected)
    return expected


def _normalize_names(value: Any) -> Any:
    text = json.dumps(value, sort_keys=True)
    for form, name in ((_HASHES, "-<hash>"), (_ENDS, "-<end>"), (_BARE, "<hash>")):
        text = form.sub(name, text)
    return json.loads(text)


def strip_managed(thing: Any, *without: str) -> Any:
    """An object but for what says who wrote what; conditions by their types. `without` are paths with dots."""
    found = json.loads(json.dumps(thing))
    for path in ("metadata.managedFields", *without):
        *parents, last = path.split(".")
        inner = found
        for one in parents:
            inner = inner.get(one) or {}
        inner.pop(last, None)
    conditions = (found.get("status") or {}).get("conditions")
    if conditions:  # the one that changed last stands at the end, which is a matter of pace
        conditions.sort(key=lambda one: one["type"])
    return found


def events(namespace: ClusterNamespace, kind: str) -> list[Any]:
    """About things of a kind: type, reason, message and reporting component, each once."""
    found = [
        [one["type"], one["reason"], one["message"], one.get("reportingComponent", "")]
        for one in namespace.all("events")
        if one["involvedObject"]["kind"] == kind
    ]
    return sorted({json.dumps(_normalize_names(one)) for one in found})
