"""Table of printers: the function that prints the rows of each built-in kind."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from simulator.printing import (
    access,
    admission,
    autoscaling,
    basics,
    devices,
    network,
    policy,
    storage,
    workloads,
)
from simulator.printing.pods import pod, pod_conditions
from simulator.schemas.resources import Object

# (object, now) -> one cell for each captured column of the kind, in their order
PrintFunction = Callable[[Object, datetime.datetime], list[Any]]

ADMISSION, FLOW = "admissionregistration.k8s.io", "flowcontrol.apiserver.k8s.io"
NETWORK, RBAC, STORAGE = "networking.k8s.io", "rbac.authorization.k8s.io", "storage.k8s.io"

# by (group, plural); others print Name and Age, or Name and Created At, alone (simulator/reading/tables.py)
PRINTERS: dict[tuple[str, str], PrintFunction] = {
    ("", "componentstatuses"): basics.component_status,
    ("", "configmaps"): basics.config_map,
    ("", "endpoints"): network.endpoints,
    ("", "events"): basics.event,
    ("", "namespaces"): basics.namespace,
    ("", "nodes"): basics.node,
    ("", "persistentvolumeclaims"): storage.persistent_volume_claim,
    ("", "persistentvolumes"): storage.persistent_volume,
    ("", "pods"): pod,
    ("", "podtemplates"): workloads.pod_template,
    ("", "replicationcontrollers"): workloads.replication_controller,
    ("", "resourcequotas"): policy.resource_quota,
    ("", "secrets"): basics.secret,
    ("", "services"): network.service,
    (ADMISSION, "mutatingadmissionpolicies"): admission.mutating_policy,
    (ADMISSION, "mutatingadmissionpolicybindings"): admission.policy_binding,
    (ADMISSION, "mutatingwebhookconfigurations"): admission.webhooks,
    (ADMISSION, "validatingadmissionpolicies"): admission.validating_policy,
    (ADMISSION, "validatingadmissionpolicybindings"): admission.policy_binding,
    (ADMISSION, "validatingwebhookconfigurations"): admission.webhooks,
    ("apiregistration.k8s.io", "apiservices"): admission.api_service,
    ("apps", "controllerrevisions"): workloads.controller_revision,
    ("apps", "daemonsets"): workloads.daemon_set,
    ("apps", "deployments"): workloads.deployment,
    ("apps", "replicasets"): workloads.replica_set,
    ("apps", "statefulsets"): workloads.stateful_set,
    ("autoscaling", "horizontalpodautoscalers"): autoscaling.horizontal_pod_autoscaler,
    ("batch", "cronjobs"): workloads.cron_job,
    ("batch", "jobs"): workloads.job,
    ("certificates.k8s.io", "certificatesigningrequests"): access.certificate_signing_request,
    ("coordination.k8s.io", "leases"): basics.lease,
    ("discovery.k8s.io", "endpointslices"): network.endpoint_slice,
    ("events.k8s.io", "events"): basics.event,
    (FLOW, "flowschemas"): policy.flow_schema,
    (FLOW, "prioritylevelconfigurations"): policy.priority_level,
    (NETWORK, "ingressclasses"): network.ingress_class,
    (NETWORK, "ingresses"): network.ingress,
    (NETWORK, "ipaddresses"): network.ip_address,
    (NETWORK, "networkpolicies"): network.network_policy,
    (NETWORK, "servicecidrs"): network.service_cidr,
    ("node.k8s.io", "runtimeclasses"): basics.runtime_class,
    ("policy", "poddisruptionbudgets"): policy.pod_disruption_budget,
    (RBAC, "clusterrolebindings"): access.role_binding,
    (RBAC, "rolebindings"): access.role_binding,
    ("resource.k8s.io", "resourceclaims"): devices.resource_claim,
    ("resource.k8s.io", "resourceslices"): devices.resource_slice,
    ("scheduling.k8s.io", "priorityclasses"): policy.priority_class,
    (STORAGE, "csidrivers"): storage.csi_driver,
    (STORAGE, "csinodes"): storage.csi_node,
    (STORAGE, "storageclasses"): storage.storage_class,
    (STORAGE, "volumeattachments"): storage.volume_attachment,
    (STORAGE, "volumeattributesclasses"): storage.volume_attributes_class,
}

# In which order the rows of a list come, where it is not that of the list
ORDER: dict[tuple[str, str], Callable[[Object], Any]] = {(FLOW, "flowschemas"): policy.precedence}

# Row conditions ({"type": "Completed", "status": "True", ...}) of kinds that have any
CONDITIONS: dict[tuple[str, str], Callable[[Object], list[dict[str, str]]]] = {("", "pods"): pod_conditions}
