"""Defaults of built-in types, by the name of the Go type.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/defaults.go and its neighbours
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

from simulator.schemas.resources import Object, Resource
from simulator.schemas.types import Type

NAME_LABEL = "kubernetes.io/metadata.name"
_ROLLING = {"maxSurge": "25%", "maxUnavailable": "25%"}

# Where a key is absent, it is set to a copy of the value.
CONSTANTS: dict[str, dict[str, Any]] = {
    "DeploymentSpec": {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600, "strategy": {}},
    "DeploymentStrategy": {"type": "RollingUpdate"},
    "ReplicaSetSpec": {"replicas": 1},
    "ReplicationControllerSpec": {"replicas": 1},
    "StatefulSetSpec": {
        "replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady", "updateStrategy": {},
        "persistentVolumeClaimRetentionPolicy": {},
    },
    "StatefulSetUpdateStrategy": {"type": "RollingUpdate"},
    "StatefulSetPersistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    "DaemonSetSpec": {"revisionHistoryLimit": 10, "updateStrategy": {}},
    "DaemonSetUpdateStrategy": {"type": "RollingUpdate"},
    "PodSpec": {
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
        "securityContext": {}, "schedulerName": "default-scheduler",
    },
    "Container": {
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "resources": {},
    },
    "EphemeralContainer": {
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "resources": {},
    },
    "ContainerPort": {"protocol": "TCP"},
    "Probe": {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
    "HTTPGetAction": {"path": "/", "scheme": "HTTP"},
    "GRPCAction": {"service": ""},
    "ObjectFieldSelector": {"apiVersion": "v1"},
    "SecretVolumeSource": {"defaultMode": 420},
    "ConfigMapVolumeSource": {"defaultMode": 420},
    "DownwardAPIVolumeSource": {"defaultMode": 420},
    "ProjectedVolumeSource": {"defaultMode": 420},
    "ServiceAccountTokenProjection": {"expirationSeconds": 3600},
    "HostPathVolumeSource": {"type": ""},
    "JobSpec": {
        "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False,
        "podReplacementPolicy": "TerminatingOrFailed", "manualSelector": False,
    },
    "CronJobSpec": {
        "concurrencyPolicy": "Allow", "suspend": False, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
    },
    "ServiceSpec": {"type": "ClusterIP", "sessionAffinity": "None"},
    "ServicePort": {"protocol": "TCP"},
    "PersistentVolumeClaimSpec": {"volumeMode": "Filesystem"},
    "Secret": {"type": "Opaque"},
    "StorageClass": {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
    "CSIDriverSpec": {
        "attachRequired": True, "podInfoOnMount": False, "storageCapacity": False, "requiresRepublish": False,
        "fsGroupPolicy": "ReadWriteOnceWithFSType", "seLinuxMount": False, "volumeLifecycleModes": ["Persistent"],
    },
    "HorizontalPodAutoscalerSpec": {"minReplicas": 1},
    "OldAutoscalerSpec": {"minReplicas": 1, "targetCPUUtilizationPercentage": 80},
    "NetworkPolicyPort": {"protocol": "TCP"},
    "EndpointPort": {"protocol": "TCP"},
    "EndpointSlicePort": {"protocol": "TCP", "name": ""},
    "PriorityClass": {"preemptionPolicy": "PreemptLowerPriority"},
    "CustomResourceDefinitionSpec": {"conversion": {"strategy": "None"}},
    "ValidatingWebhook": {
        "failurePolicy": "Fail", "matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {},
        "timeoutSeconds": 10,
    },
    "MutatingWebhook": {
        "failurePolicy": "Fail", "matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {},
        "timeoutSeconds": 10, "reinvocationPolicy": "Never",
    },
    "ValidatingAdmissionPolicySpec": {"failurePolicy": "Fail"},
    "MutatingAdmissionPolicySpec": {"failurePolicy": "Fail"},
    "RuleWithOperations": {"scope": "*"},
    "NamedRuleWithOperations": {"scope": "*"},
    "MatchResources": {"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}},
    "ServiceReference": {"port": 443},
    "LimitedPriorityLevelConfiguration": {"lendablePercent": 0, "nominalConcurrencyShares": 30},
    "ExactDeviceRequest": {"allocationMode": "ExactCount"},
    "DeviceSubRequest": {"allocationMode": "ExactCount"},
}  # fmt: skip

# Types that share their name with one of another group or version, and have defaults of their own
_OWN_NAMES = {
    "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec": "OldAutoscalerSpec",
    "io.k8s.api.discovery.v1.EndpointPort": "EndpointSlicePort",
    "io.k8s.api.flowcontrol.v1.Subject": "FlowSchemaSubject",
}


def add_defaults(thing: Object, type_: Type, resource: Resource) -> Object:
    """Fills in place, and answers the object. A custom kind's defaults are in its schema."""
    if resource.definition is None:
        _fill(thing, type_)
    return thing


def _fill(value: Any, type_: Type) -> None:
    if type_.category == "struct" and isinstance(value, dict):
        _fill_struct(value, type_)
    elif type_.category == "list" and isinstance(value, list) and type_.element is not None:
        for one in value:
            _fill(one, type_.element)
    elif type_.category == "map" and isinstance(value, dict) and type_.element is not None:
        for one in value.values():
            _fill(one, type_.element)


def _fill_struct(value: dict[str, Any], type_: Type) -> None:
    name = _OWN_NAMES.get(type_.name, type_.short_name)
    for key, default in CONSTANTS.get(name, {}).items():
        if value.get(key) is None:
            value[key] = copy.deepcopy(default)
    special = _SPECIAL.get(name)
    if special is not None:
        special(value)
    for key, known in type_.fields.items():
        inner = value.get(key)
        if name == "JobTemplateSpec" and isinstance(inner, dict) and key == "spec":
            inner, known = inner.get("template"), known.type.fields["template"]  # noqa: PLW2901 - no defaults of a Job
        if inner is not None and not (key == "metadata" and known.type.short_name == "ObjectMeta"):
            _fill(inner, known.type)


def _container(value: dict[str, Any]) -> None:
    if not value.get("imagePullPolicy"):
        last = value.get("image", "").rpartition("/")[2]
        tag = last.partition(":")[2] if "@" not in last else "digest"
        value["imagePullPolicy"] = "Always" if tag in ("", "latest") else "IfNotPresent"


def _strategy(value: dict[str, Any]) -> None:
    if value["type"] == "RollingUpdate":
        value["rollingUpdate"] = _ROLLING | (value.get("rollingUpdate") or {})


def _daemon_strategy(value: dict[str, Any]) -> None:
    if value["type"] == "RollingUpdate":
        value["rollingUpdate"] = {"maxSurge": 0, "maxUnavailable": 1} | (value.get("rollingUpdate") or {})


def _stateful_strategy(value: dict[str, Any]) -> None:
    if value["type"] == "RollingUpdate":
        value["rollingUpdate"] = {"partition": 0} | (value.get("rollingUpdate") or {})


def _job(value: dict[str, Any]) -> None:
    if value.get("completions") is None and value.get("parallelism") is None:
        value["completions"] = 1
    if value.get("parallelism") is None:
        value["parallelism"] = 1


def _service(value: dict[str, Any]) -> None:
    for port in value.get("ports") or ():
        if port.get("targetPort") in (None, "", 0):
            port["targetPort"] = port.get("port")
    kind = value["type"]
    if kind != "ExternalName":
        value.setdefault("internalTrafficPolicy", "Cluster")
    if kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and value.get("externalIPs")):
        value.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        value.setdefault("allocateLoadBalancerNodePorts", True)
    if value.get("sessionAffinity") == "ClientIP":
        value.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}})


def _policy(value: dict[str, Any]) -> None:
    if not value.get("policyTypes"):
        value["policyTypes"] = ["Ingress", "Egress"] if value.get("egress") is not None else ["Ingress"]


def _pod(value: dict[str, Any]) -> None:
    if value.get("hostNetwork"):
        for container in value.get("containers") or ():
            for port in container.get("ports") or ():
                port.setdefault("hostPort", port.get("containerPort"))
    if value.get("serviceAccountName"):
        value.setdefault("serviceAccount", value["serviceAccountName"])
    elif value.get("serviceAccount"):
        value["serviceAccountName"] = value["serviceAccount"]


def _secret(value: dict[str, Any]) -> None:
    """What was written as text becomes data."""
    texts = value.pop("stringData", None) or {}
    if texts:
        data = dict(value.get("data") or {})
        data |= {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        value["data"] = data


def _own_pod(value: dict[str, Any]) -> None:
    """Of a pod, not of a template."""
    spec = value.get("spec")
    if not isinstance(spec, dict):
        return
    spec.setdefault("enableServiceLinks", True)
    for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
        resources = container.get("resources") or {}
        for name, amount in (resources.get("limits") or {}).items():
            resources.setdefault("requests", {}).setdefault(name, amount)


def _namespace(value: dict[str, Any]) -> None:
    metadata = value["metadata"]
    if metadata.get("name"):
        metadata["labels"] = dict(metadata.get("labels") or {}) | {NAME_LABEL: metadata["name"]}


def _daemon_set(value: dict[str, Any]) -> None:
    """An annotation of the oldest versions."""
    annotations = dict(value["metadata"].get("annotations") or {})
    annotations.setdefault("deprecated.daemonset.template.generation", "1")
    value["metadata"]["annotations"] = annotations


def _replication_controller(value: dict[str, Any]) -> None:
    """Selector and labels are those of the template."""
    spec = value.get("spec") or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not spec.get("selector"):
        spec["selector"] = dict(labels)
    if labels and not value["metadata"].get("labels"):
        value["metadata"]["labels"] = dict(labels)


def _own_job(value: dict[str, Any]) -> None:
    """The labels of its template where it has none."""
    labels = (((value.get("spec") or {}).get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not value["metadata"].get("labels"):
        value["metadata"]["labels"] = dict(labels)


def _volume(value: dict[str, Any]) -> None:
    """Of a PersistentVolume, not of one that an attachment describes."""
    spec = value.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")


def _device_request(value: dict[str, Any]) -> None:
    if value["allocationMode"] == "ExactCount" and not value.get("count"):
        value["count"] = 1


def _limit(value: dict[str, Any]) -> None:
    """Of a container: what is not said follows from the other bounds."""
    if value.get("type") != "Container":
        return
    for name, others in (("default", ("max",)), ("defaultRequest", ("default", "min"))):
        for other in others:
            for key, amount in (value.get(other) or {}).items():
                value.setdefault(name, {}).setdefault(key, amount)


def _autoscaler(value: dict[str, Any]) -> None:
    if not value.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        value["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _definition(value: dict[str, Any]) -> None:
    names = value.get("names")
    if isinstance(names, dict) and names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", f"{names['kind']}List")


def _subject(value: dict[str, Any]) -> None:
    if not value.get("apiGroup") and value.get("kind") in ("User", "Group"):
        value["apiGroup"] = "rbac.authorization.k8s.io"


def _role_reference(value: dict[str, Any]) -> None:
    if not value.get("apiGroup"):
        value["apiGroup"] = "rbac.authorization.k8s.io"


_SPECIAL: dict[str, Callable[[dict[str, Any]], None]] = {
    "Container": _container,
    "EphemeralContainer": _container,
    "DeploymentStrategy": _strategy,
    "DaemonSetUpdateStrategy": _daemon_strategy,
    "StatefulSetUpdateStrategy": _stateful_strategy,
    "JobSpec": _job,
    "ServiceSpec": _service,
    "NetworkPolicySpec": _policy,
    "PodSpec": _pod,
    "Secret": _secret,
    "LimitRangeItem": _limit,
    "Pod": _own_pod,
    "Namespace": _namespace,
    "DaemonSet": _daemon_set,
    "ReplicationController": _replication_controller,
    "Job": _own_job,
    "PersistentVolume": _volume,
    "ExactDeviceRequest": _device_request,
    "DeviceSubRequest": _device_request,
    "HorizontalPodAutoscalerSpec": _autoscaler,
    "CustomResourceDefinitionSpec": _definition,
    "Subject": _subject,
    "RoleRef": _role_reference,
}
