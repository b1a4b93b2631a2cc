"""Warning headers of writes: deprecated and suspicious fields.

The rules are those of `WarningsOnCreate` and `WarningsOnUpdate` in pkg/registry of Kubernetes; those of pods and
templates are in pod_warnings.py.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

from simulator.quantities import parse_quantity
from simulator.reading.labels import SUBDOMAIN
from simulator.schemas.resources import Object, Resource
from simulator.writing.names import DNS_LABEL, LABEL_RULE
from simulator.writing.pod_warnings import fraction, pod_warnings

LABEL_SIZE = 63
INGRESS_CLASS = "kubernetes.io/ingress.class"
STORAGE_CLASS = "volume.beta.kubernetes.io/storage-class"
_OLD_ANNOTATIONS = {
    STORAGE_CLASS: 'deprecated since v1.8; use "storageClassName" attribute instead',
    "volume.beta.kubernetes.io/mount-options": 'deprecated since v1.31; use "mountOptions" attribute instead',
}
_QUOTA_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_TOKENS = (
    "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible "
    "logging of tokens in volume attributes"
)
WarningRule = Callable[[Object, Object | None], Iterator[str]]


def warnings(resource: Resource, thing: Object, was: Object | None, subresource: str) -> Iterator[str]:
    """Of what would be written. None of a status."""
    found = _WARNINGS.get((resource.group, resource.plural))
    if found is not None and not subresource:
        yield from found(thing, was)


def _service(thing: Object, _was: Object | None) -> Iterator[str]:
    spec = thing["spec"]
    kind, is_headless = spec.get("type"), spec.get("clusterIP") == "None"
    if is_headless:
        for field in ("loadBalancerIP", "externalIPs"):
            if spec.get(field):
                yield f"spec.{field} is ignored for headless services"
        if spec.get("sessionAffinity", "None") != "None":
            yield "spec.SessionAffinity is ignored for headless services"
    if spec.get("externalIPs") and not is_headless and kind != "ExternalName":
        yield "spec.externalIPs is deprecated and may no longer be implemented in some clusters"
    if spec.get("externalIPs") and kind == "ExternalName":
        yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
    if spec.get("externalName") and kind != "ExternalName":
        yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
    if spec.get("trafficDistribution") == "PreferClose":
        yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'


def _ingress(thing: Object, was: Object | None) -> Iterator[str]:
    annotations = thing["metadata"].get("annotations") or {}
    if was is None and INGRESS_CLASS in annotations and thing["spec"].get("ingressClassName") is None:
        yield f"annotation {json.dumps(INGRESS_CLASS)} is deprecated, please use 'spec.ingressClassName' instead"


def _volume(thing: Object, _was: Object | None) -> Iterator[str]:
    annotations = thing["metadata"].get("annotations") or {}
    for key, why in _OLD_ANNOTATIONS.items():
        if key in annotations:
            yield f"metadata.annotations[{key}]: {why}"
    if thing["spec"].get("persistentVolumeReclaimPolicy") == "Recycle":
        yield (
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended "
            "approach is to use dynamic provisioning."
        )


def _claim(thing: Object, _was: Object | None) -> Iterator[str]:
    if STORAGE_CLASS in (thing["metadata"].get("annotations") or {}):
        yield f"metadata.annotations[{STORAGE_CLASS}]: {_OLD_ANNOTATIONS[STORAGE_CLASS]}"
    resources = thing["spec"].get("resources") or {}
    for kind in ("requests", "limits"):
        yield from fraction(resources, kind, "storage", "spec.resources")


def _secret(thing: Object, _was: Object | None) -> Iterator[str]:
    """Of a certificate or a key that is none. Whether they match is not checked."""
    if thing.get("type") != "kubernetes.io/tls":
        return
    for key, what in (("tls.crt", "certificate"), ("tls.key", "key")):
        if b"-----BEGIN " not in _decode_base64((thing.get("data") or {}).get(key, "")):
            yield f"tls: failed to find any PEM data in {what} input"
            return


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""


def _quota(thing: Object, was: Object | None) -> Iterator[str]:
    hard = (thing.get("spec") or {}).get("hard") or {}
    for name in _QUOTA_RESOURCES if was is None else ():
        request = f"requests.{name}"
        if request not in hard and name in ("cpu", "memory"):
            request = name
        limit = f"limits.{name}"
        if request in hard and limit in hard and parse_quantity(hard[request]) > parse_quantity(hard[limit]):
            yield f"ResourceQuota {request} ({hard[request]}) should be less than {limit} ({hard[limit]})"


def _driver(thing: Object, was: Object | None) -> Iterator[str]:
    spec = thing["spec"]
    is_new = was is None or was["spec"].get("tokenRequests") != spec.get("tokenRequests")
    if is_new and spec.get("tokenRequests") and spec.get("serviceAccountTokenInSecrets") is None:
        yield _TOKENS


def _pod(thing: Object, was: Object | None) -> Iterator[str]:
    if was is None:
        yield from _host_name(thing, "in the Pod's hostname")
        yield from pod_warnings(thing, "")


def _workload(thing: Object, was: Object | None) -> Iterator[str]:
    """Where its template may have changed."""
    if was is None or _generation(thing) != _generation(was):
        yield from pod_warnings(thing["spec"].get("template") or {}, "spec.template")


def _named_workload(thing: Object, was: Object | None) -> Iterator[str]:
    if was is None:
        yield from _host_name(thing, "in Pod names and hostnames")
    yield from _workload(thing, was)


def _cron_job(thing: Object, was: Object | None) -> Iterator[str]:
    if was is None:
        yield from _host_name(thing, "in Pod names and hostnames")
    if was is None or _generation(thing) != _generation(was):
        template = (thing["spec"]["jobTemplate"].get("spec") or {}).get("template") or {}
        yield from pod_warnings(template, "spec.jobTemplate.spec.template")


def _pod_template(thing: Object, was: Object | None) -> Iterator[str]:
    if was is None or _generation(thing) != _generation(was):
        yield from pod_warnings(thing.get("template") or {}, "template")


def _host_name(thing: Object, where: str) -> Iterator[str]:
    name = thing["metadata"]["name"]
    why = [] if len(name) <= LABEL_SIZE else [f"must be no more than {LABEL_SIZE} characters"]
    if not DNS_LABEL.fullmatch(name):
        why.append("must not contain dots" if SUBDOMAIN.fullmatch(name) else LABEL_RULE)
    if why:
        surprise = "which can result in surprising behavior; a DNS label is recommended"
        yield f"metadata.name: this is used {where}, {surprise}: [{' '.join(why)}]"


def _generation(thing: Object) -> int | None:
    found: int | None = thing["metadata"].get("generation")
    return found


_WARNINGS: dict[tuple[str, str], WarningRule] = {
    ("", "persistentvolumeclaims"): _claim,
    ("", "persistentvolumes"): _volume,
    ("", "pods"): _pod,
    ("", "podtemplates"): _pod_template,
    ("", "replicationcontrollers"): _named_workload,
    ("", "resourcequotas"): _quota,
    ("", "secrets"): _secret,
    ("", "services"): _service,
    ("apps", "daemonsets"): _workload,
    ("apps", "deployments"): _named_workload,
    ("apps", "replicasets"): _named_workload,
    ("apps", "statefulsets"): _workload,
    ("batch", "cronjobs"): _cron_job,
    ("batch", "jobs"): _named_workload,
    ("networking.k8s.io", "ingresses"): _ingress,
    ("storage.k8s.io", "csidrivers"): _driver,
}
