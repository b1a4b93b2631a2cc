"""Node shell: a Job with one pod in a node's namespaces, which the cluster itself ends and removes.

A Job, since nobody else needs to be there for its end: after `activeDeadlineSeconds` the Job controller ends the pod,
and after `ttlSecondsAfterFinished` the TTL controller deletes both, whatever has become of the browser and of us.
https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
"""

from __future__ import annotations

from typing import Any

from clusters.actions.change import OPTIONS, Change
from clusters.debugging.containers import DebugContainer, build_container
from clusters.discovery import Resource

LABELS = {"app.kubernetes.io/managed-by": "quarterdeck", "app.kubernetes.io/component": "node-shell"}
CLEAN_UP_SECONDS = 60  # after the end


def open_node_shell(
    node: str,
    jobs: Resource,
    namespace: str,
    name: str,
    chosen: DebugContainer,
    *,
    seconds: int,
    clean_up_seconds: int = CLEAN_UP_SECONDS,
) -> Change:
    """The pod is that of `kubectl debug node/...`: the node's network, processes and IPC, its files at /host."""
    container = build_container(chosen, "node")
    if chosen.profile in ("general", "sysadmin"):
        container["volumeMounts"] = [{"name": "host-root", "mountPath": "/host"}]
    pod_spec: dict[str, Any] = {
        "nodeName": node,
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "tolerations": [{"operator": "Exists"}],
        "hostNetwork": True,
        "hostPID": True,
        "hostIPC": True,
        "containers": [container],
    }
    if "volumeMounts" in container:
        pod_spec["volumes"] = [{"name": "host-root", "hostPath": {"path": "/"}}]
    spec = {
        "backoffLimit": 0,
        "activeDeadlineSeconds": seconds,
        "ttlSecondsAfterFinished": clean_up_seconds,
        "template": {"metadata": {"labels": LABELS}, "spec": pod_spec},
    }
    body = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "labels": LABELS},
        "spec": spec,
    }
    detail = {**chosen.detail, "node": node, "seconds": str(seconds)}
    return Change(jobs.attributes("create", namespace), body, OPTIONS, detail=detail)
