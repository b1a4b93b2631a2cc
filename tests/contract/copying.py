"""Copy of objects made by the real control plane's controllers into the simulator."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.contenders import Contender
from tests.simulator.caller import Caller

# In this order: what others name comes first. Below /api/v1/namespaces/<name> or /apis/<group>/namespaces/<name>.
NAMESPACED = (
    ("v1", "serviceaccounts secrets configmaps persistentvolumeclaims resourcequotas services endpoints"),
    ("apps/v1", "deployments statefulsets daemonsets replicasets controllerrevisions"),
    ("batch/v1", "cronjobs jobs"),
    ("v1", "pods"),
    ("discovery.k8s.io/v1", "endpointslices"),
    ("networking.k8s.io/v1", "ingresses networkpolicies"),
    ("policy/v1", "poddisruptionbudgets"),
    ("autoscaling/v2", "horizontalpodautoscalers"),
    ("rbac.authorization.k8s.io/v1", "roles rolebindings"),
    ("v1", "events"),
)
_OWN = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink")


class Copy:
    """Puts objects of one contender into another, status and all; owners and events name the new uids."""

    def __init__(self, source: Contender, target: Contender) -> None:
        self._source, self._target = source.admin, target.admin
        self._uids: dict[str, str] = {}

    def copy_namespace(self, name: str) -> None:
        """Everything in it. What the target has already (the default ServiceAccount) stays."""
        for version, plurals in NAMESPACED:
            root = f"/apis/{version}" if "/" in version else f"/api/{version}"
            for plural in plurals.split():
                self.copy_collection(f"{root}/namespaces/{name}/{plural}")

    def copy_collection(self, path: str) -> None:
        listed = _read(self._source, path)
        kind = {"apiVersion": listed["apiVersion"], "kind": listed["kind"].removesuffix("List")}
        for one in listed["items"]:
            self._put(path, kind | one)

    def copy_object(self, path: str, name: str) -> None:
        self._put(path, _read(self._source, f"{path}/{name}"))

    def _put(self, path: str, thing: dict[str, Any]) -> None:
        text = json.dumps(thing)
        for old, new in self._uids.items():
            text = text.replace(old, new)
        body = json.loads(text)
        for key in _OWN:
            body["metadata"].pop(key, None)
        own = f"{path}/{body['metadata']['name']}"
        made = self._target.post(path, body)
        assert made.status in (201, 409), made.body
        if made.status == 201 and "status" in body:
            changed = self._target.patch(f"{own}/status", {"status": body["status"]})
            assert changed.status in (200, 404), changed.body
        self._uids[thing["metadata"]["uid"]] = _read(self._target, own)["metadata"]["uid"]


def _read(caller: Caller, path: str) -> Any:
    reply = caller.get(path)
    assert reply.status == 200, reply.body
    return reply.json
