"""Reference tables: fields by kind that name or select other objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashboard.kinds.fields import group_of, mapping, mappings, text, texts
from dashboard.kinds.pod_references import find_pod_spec_references
from dashboard.kinds.references import Pick, Reference
from dashboard.kinds.selectors import format_labels, format_selector

KubernetesObject = Mapping[str, Any]
RBAC = "rbac.authorization.k8s.io"


def _namespace(found: KubernetesObject) -> str:
    return text(found, "metadata", "namespace")


def _name(found: KubernetesObject) -> str:
    return text(found, "metadata", "name")


# --- workloads


def _pod(found: KubernetesObject) -> Iterator[Reference]:
    if node := text(found, "spec", "nodeName"):
        yield Reference(_("Node"), "", "Node", node)
    yield from find_pod_spec_references(mapping(found, "spec"), _namespace(found))


def _workload(found: KubernetesObject) -> Iterator[Reference]:
    if service := text(found, "spec", "serviceName"):
        yield Reference(_("Headless Service"), "", "Service", service, _namespace(found))
    yield from find_pod_spec_references(mapping(found, "spec", "template", "spec"), _namespace(found))


def _cron_job(found: KubernetesObject) -> Iterator[Reference]:
    for job in mappings(found, "status", "active"):
        yield Reference(_("Active Jobs"), "batch", "Job", text(job, "name"), _namespace(found))
    yield from find_pod_spec_references(
        mapping(found, "spec", "jobTemplate", "spec", "template", "spec"), _namespace(found)
    )


def _pods_by_selector(found: KubernetesObject) -> Iterator[Pick]:
    if labels := format_selector(mapping(found, "spec", "selector")):
        yield Pick(_("Pods"), "", "Pod", _namespace(found), labels=labels, is_live=True)


def _deployment_lists(found: KubernetesObject) -> Iterator[Pick]:
    if labels := format_selector(mapping(found, "spec", "selector")):
        yield Pick(_("ReplicaSets"), "apps", "ReplicaSet", _namespace(found), labels=labels, is_live=True)
    yield from _pods_by_selector(found)


def _stateful_set_lists(found: KubernetesObject) -> Iterator[Pick]:
    yield from _pods_by_selector(found)
    if labels := format_selector(mapping(found, "spec", "selector")):
        yield Pick(_("ControllerRevisions"), "apps", "ControllerRevision", _namespace(found), labels=labels)
        if mappings(found, "spec", "volumeClaimTemplates"):
            yield Pick(
                _("PersistentVolumeClaims"), "", "PersistentVolumeClaim", _namespace(found), labels=labels
            )


def _pods_by_map(found: KubernetesObject) -> Iterator[Pick]:
    if labels := format_labels(mapping(found, "spec", "selector")):
        yield Pick(_("Pods"), "", "Pod", _namespace(found), labels=labels, is_live=True)


def _budget_lists(found: KubernetesObject) -> Iterator[Pick]:
    yield from _pods_by_selector(found)


def _policy_lists(found: KubernetesObject) -> Iterator[Pick]:
    selector = mapping(found, "spec", "podSelector")
    yield Pick(_("Pods"), "", "Pod", _namespace(found), labels=format_selector(selector), is_live=True)


def _autoscaler(found: KubernetesObject) -> Iterator[Reference]:
    target = mapping(found, "spec", "scaleTargetRef")
    group = group_of(text(target, "apiVersion"))
    yield Reference(_("Scale target"), group, text(target, "kind"), text(target, "name"), _namespace(found))


# --- network


def _service_lists(found: KubernetesObject) -> Iterator[Pick]:
    yield from _pods_by_map(found)
    labels = f"kubernetes.io/service-name={_name(found)}"
    yield Pick(
        _("EndpointSlices"),
        "discovery.k8s.io",
        "EndpointSlice",
        _namespace(found),
        labels=labels,
        is_live=True,
    )


def _endpoint_slice(found: KubernetesObject) -> Iterator[Reference]:
    if service := text(found, "metadata", "labels", "kubernetes.io/service-name"):
        yield Reference(_("Service"), "", "Service", service, _namespace(found))
    for endpoint in mappings(found, "endpoints"):
        yield from _target(mapping(endpoint, "targetRef"), _namespace(found))


def _endpoints(found: KubernetesObject) -> Iterator[Reference]:
    yield Reference(_("Service"), "", "Service", _name(found), _namespace(found))
    for subset in mappings(found, "subsets"):
        for endpoint in [*mappings(subset, "addresses"), *mappings(subset, "notReadyAddresses")]:
            yield from _target(mapping(endpoint, "targetRef"), _namespace(found))


def _target(target: KubernetesObject, default_namespace: str) -> Iterator[Reference]:
    if text(target, "name"):
        namespace = text(target, "namespace") or default_namespace
        yield Reference(_("Endpoints"), "", text(target, "kind") or "Pod", text(target, "name"), namespace)


def _ingress(found: KubernetesObject) -> Iterator[Reference]:
    if name := text(found, "spec", "ingressClassName"):
        yield Reference(_("IngressClass"), "networking.k8s.io", "IngressClass", name)
    backends = [mapping(found, "spec", "defaultBackend")]
    for rule in mappings(found, "spec", "rules"):
        backends += [mapping(path, "backend") for path in mappings(rule, "http", "paths")]
    for backend in backends:
        if name := text(backend, "service", "name"):
            yield Reference(_("Services"), "", "Service", name, _namespace(found))
        if name := text(backend, "resource", "name"):
            resource = mapping(backend, "resource")
            yield Reference(
                _("Backends"), text(resource, "apiGroup"), text(resource, "kind"), name, _namespace(found)
            )
    for entry in mappings(found, "spec", "tls"):
        if name := text(entry, "secretName"):
            yield Reference(_("TLS Secrets"), "", "Secret", name, _namespace(found))


# --- storage


def _claim(found: KubernetesObject) -> Iterator[Reference]:
    if name := text(found, "spec", "volumeName"):
        yield Reference(_("PersistentVolume"), "", "PersistentVolume", name)
    if name := text(found, "spec", "storageClassName"):
        yield Reference(_("StorageClass"), "storage.k8s.io", "StorageClass", name)
    source = mapping(found, "spec", "dataSource")
    if name := text(source, "name"):
        yield Reference(
            _("Data source"), text(source, "apiGroup"), text(source, "kind"), name, _namespace(found)
        )


def _volume(found: KubernetesObject) -> Iterator[Reference]:
    claim = mapping(found, "spec", "claimRef")
    if name := text(claim, "name"):
        yield Reference(
            _("PersistentVolumeClaim"), "", "PersistentVolumeClaim", name, text(claim, "namespace")
        )
    if name := text(found, "spec", "storageClassName"):
        yield Reference(_("StorageClass"), "storage.k8s.io", "StorageClass", name)


def _volume_attachment(found: KubernetesObject) -> Iterator[Reference]:
    if name := text(found, "spec", "nodeName"):
        yield Reference(_("Node"), "", "Node", name)
    if name := text(found, "spec", "source", "persistentVolumeName"):
        yield Reference(_("PersistentVolume"), "", "PersistentVolume", name)


# --- access


def _binding(found: KubernetesObject) -> Iterator[Reference]:
    role = mapping(found, "roleRef")
    yield Reference(
        _("Role"), text(role, "apiGroup") or RBAC, text(role, "kind"), text(role, "name"), _namespace(found)
    )
    for subject in mappings(found, "subjects"):
        kind, name = text(subject, "kind"), text(subject, "name")
        yield Reference(_("Subjects"), text(subject, "apiGroup"), kind, name, text(subject, "namespace"))


def _service_account(found: KubernetesObject) -> Iterator[Reference]:
    for entry in mappings(found, "secrets"):
        yield Reference(_("Secrets"), "", "Secret", text(entry, "name"), _namespace(found))
    for entry in mappings(found, "imagePullSecrets"):
        yield Reference(_("Image pull Secrets"), "", "Secret", text(entry, "name"), _namespace(found))


def _service_account_lists(found: KubernetesObject) -> Iterator[Pick]:
    fields = f"spec.serviceAccountName={_name(found)}"
    yield Pick(_("Pods"), "", "Pod", _namespace(found), fields=fields, is_live=True)


def _secret(found: KubernetesObject) -> Iterator[Reference]:
    if name := text(found, "metadata", "annotations", "kubernetes.io/service-account.name"):
        yield Reference(_("ServiceAccount"), "", "ServiceAccount", name, _namespace(found))


# --- cluster


def _node(found: KubernetesObject) -> Iterator[Reference]:
    yield Reference(_("Lease"), "coordination.k8s.io", "Lease", _name(found), "kube-node-lease")
    yield Reference(_("CSINode"), "storage.k8s.io", "CSINode", _name(found))


def _node_lists(found: KubernetesObject) -> Iterator[Pick]:
    yield Pick(_("Pods"), "", "Pod", fields=f"spec.nodeName={_name(found)}", is_live=True)


def _namespace_lists(found: KubernetesObject) -> Iterator[Pick]:
    kinds = (
        (_("Pods"), "", "Pod"),
        (_("Deployments"), "apps", "Deployment"),
        (_("StatefulSets"), "apps", "StatefulSet"),
        (_("DaemonSets"), "apps", "DaemonSet"),
        (_("Jobs"), "batch", "Job"),
        (_("CronJobs"), "batch", "CronJob"),
        (_("Services"), "", "Service"),
        (_("Ingresses"), "networking.k8s.io", "Ingress"),
        (_("ConfigMaps"), "", "ConfigMap"),
        (_("Secrets"), "", "Secret"),
        (_("PersistentVolumeClaims"), "", "PersistentVolumeClaim"),
        (_("ResourceQuotas"), "", "ResourceQuota"),
        (_("RoleBindings"), RBAC, "RoleBinding"),
        (_("Events"), "", "Event"),
    )
    for label, group, kind in kinds:
        yield Pick(label, group, kind, _name(found))


def _event(found: KubernetesObject) -> Iterator[Reference]:
    for target in (mapping(found, "involvedObject"), mapping(found, "regarding"), mapping(found, "related")):
        if name := text(target, "name"):
            group = group_of(text(target, "apiVersion"))
            yield Reference(_("Object"), group, text(target, "kind"), name, text(target, "namespace"))


def _lease(found: KubernetesObject) -> Iterator[Reference]:
    if _namespace(found) == "kube-node-lease":
        yield Reference(_("Node"), "", "Node", _name(found))


def _custom_kind_lists(found: KubernetesObject) -> Iterator[Pick]:
    kind = text(found, "spec", "names", "kind")
    yield Pick(_("Instances"), text(found, "spec", "group"), kind, is_live=True)


def _api_service(found: KubernetesObject) -> Iterator[Reference]:
    if name := text(found, "spec", "service", "name"):
        yield Reference(_("Service"), "", "Service", name, text(found, "spec", "service", "namespace"))


def _webhooks(found: KubernetesObject) -> Iterator[Reference]:
    for webhook in mappings(found, "webhooks"):
        service = mapping(webhook, "clientConfig", "service")
        if name := text(service, "name"):
            yield Reference(_("Services"), "", "Service", name, text(service, "namespace"))


def _policy_binding(found: KubernetesObject) -> Iterator[Reference]:
    kind = text(found, "kind").removesuffix("Binding")
    yield Reference(_("Policy"), "admissionregistration.k8s.io", kind, text(found, "spec", "policyName"))
    for namespace in texts(found, "spec", "matchResources", "namespaces"):
        yield Reference(_("Namespaces"), "", "Namespace", namespace)


def _metrics_of(kind: str) -> Callable[[KubernetesObject], Iterator[Reference]]:
    def reference(found: KubernetesObject) -> Iterator[Reference]:
        yield Reference(_("Metrics for"), "", kind, _name(found), _namespace(found))

    return reference


REFERENCES: Mapping[tuple[str, str], Callable[[KubernetesObject], Iterator[Reference]]] = {
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _workload,
    ("apps", "Deployment"): _workload,
    ("apps", "ReplicaSet"): _workload,
    ("apps", "StatefulSet"): _workload,
    ("apps", "DaemonSet"): _workload,
    ("batch", "Job"): _workload,
    ("batch", "CronJob"): _cron_job,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("discovery.k8s.io", "EndpointSlice"): _endpoint_slice,
    ("", "Endpoints"): _endpoints,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "PersistentVolume"): _volume,
    ("storage.k8s.io", "VolumeAttachment"): _volume_attachment,
    (RBAC, "RoleBinding"): _binding,
    (RBAC, "ClusterRoleBinding"): _binding,
    ("", "ServiceAccount"): _service_account,
    ("", "Secret"): _secret,
    ("", "Node"): _node,
    ("", "Event"): _event,
    ("events.k8s.io", "Event"): _event,
    ("coordination.k8s.io", "Lease"): _lease,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _webhooks,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _webhooks,
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): _policy_binding,
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"): _policy_binding,
    ("metrics.k8s.io", "PodMetrics"): _metrics_of("Pod"),
    ("metrics.k8s.io", "NodeMetrics"): _metrics_of("Node"),
}

PICKS: Mapping[tuple[str, str], Callable[[KubernetesObject], Iterator[Pick]]] = {
    ("", "ReplicationController"): _pods_by_map,
    ("apps", "Deployment"): _deployment_lists,
    ("apps", "ReplicaSet"): _pods_by_selector,
    ("apps", "StatefulSet"): _stateful_set_lists,
    ("apps", "DaemonSet"): _stateful_set_lists,
    ("batch", "Job"): _pods_by_selector,
    ("", "Service"): _service_lists,
    ("policy", "PodDisruptionBudget"): _budget_lists,
    ("networking.k8s.io", "NetworkPolicy"): _policy_lists,
    ("", "ServiceAccount"): _service_account_lists,
    ("", "Node"): _node_lists,
    ("", "Namespace"): _namespace_lists,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _custom_kind_lists,
}
