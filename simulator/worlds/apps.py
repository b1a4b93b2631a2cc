"""Objects of a world's applications: workload, Service, Ingress and configuration, without status."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from simulator.store import Object
from simulator.worlds.files import Plan

NAME, PART_OF, INSTANCE = "app.kubernetes.io/name", "app.kubernetes.io/part-of", "app.kubernetes.io/instance"
VERSION, MANAGED_BY = "app.kubernetes.io/version", "app.kubernetes.io/managed-by"
GROUPS = {"CronJob": "batch/v1", "Job": "batch/v1"}


def expand_copies(app: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`count` of them: `{n}` in texts is the number, and it is appended to the name."""
    count = app.get("count")
    if count is None:
        yield app
        return
    for number in range(1, count + 1):
        yield _fill_number({key: one for key, one in app.items() if key != "count"}, str(number)) | {
            "name": f"{app['name']}-{number}"
        }


def build_companions(plan: Plan, app: dict[str, Any]) -> Iterator[Object]:
    """What its workload needs, and what needs it."""
    name = app["name"]
    if app.get("account"):
        yield _thing(app, "v1", "ServiceAccount", name)
    if config := app.get("config"):
        data = {key: str(value) for key, value in config.items()}
        yield _thing(app, "v1", "ConfigMap", f"{name}-config", data=data)
    if secret := app.get("secret"):
        data = {key: base64.b64encode(str(value).encode()).decode() for key, value in secret.items()}
        yield _thing(app, "v1", "Secret", f"{name}-secrets", type="Opaque", data=data)
    if has_service(app):
        yield _service(app)
    if host := app.get("host"):
        yield from _ingress(app, host.replace("{domain}", plan.domain))
    if scaler := app.get("hpa"):
        yield _scaler(app, scaler)
    if "pdb" in app:
        spec = {"minAvailable": app["pdb"], "selector": {"matchLabels": selector(app)}}
        yield _thing(app, "policy/v1", "PodDisruptionBudget", name, spec=spec)


def build_workload(plan: Plan, app: dict[str, Any], tag: str = "") -> Object:
    """A Deployment, StatefulSet, DaemonSet, CronJob or Job; with another tag, one of its earlier versions."""
    kind, name = app.get("kind", "Deployment"), app["name"]
    tag = tag or str(app.get("tag", "1.0.0"))
    template: Object = {"metadata": _template_metadata(app, tag), "spec": _pod_spec(plan, app, tag)}
    labels = build_labels(app) | {VERSION: tag}
    if kind in ("CronJob", "Job"):
        return _thing(app, "batch/v1", kind, name, labels, spec=_batch_spec(app, kind, template))
    spec: dict[str, Any] = {"selector": {"matchLabels": selector(app)}, "template": template}
    if kind != "DaemonSet":
        spec["replicas"] = app.get("replicas", 1)
    if kind == "Deployment" and app.get("strategy"):
        spec["strategy"] = {"type": app["strategy"]}
    if kind == "StatefulSet":
        spec["serviceName"] = name
        if app.get("storage"):
            spec["volumeClaimTemplates"] = [_claim(app)]
    return _thing(app, "apps/v1", kind, name, labels, spec=spec)


def has_service(app: dict[str, Any]) -> bool:
    is_served = "port" in app and app.get("kind", "Deployment") in ("Deployment", "StatefulSet", "DaemonSet")
    return bool(app.get("service", is_served))


def selector(app: dict[str, Any]) -> dict[str, str]:
    return {NAME: app["name"], INSTANCE: app["name"]}


def build_labels(app: dict[str, Any]) -> dict[str, str]:
    found = selector(app) | {MANAGED_BY: "argocd"}
    if app.get("part_of"):
        found[PART_OF] = app["part_of"]
    return found | {key: str(value) for key, value in (app.get("labels") or {}).items()}


def build_image(plan: Plan, app: dict[str, Any], tag: str) -> str:
    image = str(app.get("image") or f"{{registry}}/{app['namespace']}/{app['name']}")
    return f"{image.replace('{registry}', plan.registry)}:{tag}"


def _thing(
    app: dict[str, Any], version: str, kind: str, name: str, labels: dict[str, str] | None = None, **rest: Any
) -> Object:
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": app["namespace"],
        "labels": labels or build_labels(app),
    }
    if kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob") and app.get("annotations"):
        metadata["annotations"] = {key: str(value) for key, value in app["annotations"].items()}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _template_metadata(app: dict[str, Any], tag: str) -> dict[str, Any]:
    found: dict[str, Any] = {"labels": build_labels(app) | {VERSION: tag}}
    annotations: dict[str, str] = {}
    if app.get("config"):
        text = repr(sorted(app["config"].items()))
        annotations["checksum/config"] = hashlib.sha256(text.encode()).hexdigest()[:32]
    if port := app.get("metrics_port"):
        annotations |= {"prometheus.io/scrape": "true", "prometheus.io/port": str(port)}
    return found | ({"annotations": annotations} if annotations else {})


def _pod_spec(plan: Plan, app: dict[str, Any], tag: str) -> dict[str, Any]:
    containers = [_main(plan, app, tag), *(_extra(plan, app, one) for one in app.get("sidecars") or ())]
    spec: dict[str, Any] = {"containers": containers}
    if init := app.get("init"):
        spec["initContainers"] = [_extra(plan, app, one) for one in init]
    if app.get("account"):
        spec["serviceAccountName"] = app["name"]
    if app.get("pool"):
        spec["nodeSelector"] = {"pool": app["pool"]}
    if app.get("everywhere"):
        spec["tolerations"] = [{"operator": "Exists"}]
    elif app.get("pool"):
        spec["tolerations"] = [
            {"key": "dedicated", "operator": "Equal", "value": app["pool"], "effect": "NoSchedule"}
        ]
    if app.get("host_network"):
        spec["hostNetwork"] = True
    if app.get("priority"):
        spec["priorityClassName"] = app["priority"]
    if app.get("kind") in ("CronJob", "Job"):
        spec["restartPolicy"] = "Never"
    return spec


def _main(plan: Plan, app: dict[str, Any], tag: str) -> dict[str, Any]:
    requested = {"cpu": str(app.get("cpu", "50m")), "memory": str(app.get("memory", "64Mi"))}
    limits = {
        key: str(value) for key, value in (app.get("limits") or {"memory": requested["memory"]}).items()
    }
    found: dict[str, Any] = {"name": app["name"], "image": build_image(plan, app, tag)}
    for key in ("command", "args"):
        if app.get(key):
            found[key] = [str(one) for one in app[key]]
    if port := app.get("port"):
        found["ports"] = [{"name": "http", "containerPort": port}]
        if app.get("metrics_port"):
            found["ports"].append({"name": "metrics", "containerPort": app["metrics_port"]})
        if app.get("probes", True):
            found |= _probes(app)
    if env := app.get("env"):
        found["env"] = [{"name": key, "value": str(value)} for key, value in env.items()]
    sources: list[dict[str, Any]] = []
    sources += [{"configMapRef": {"name": f"{app['name']}-config"}}] if app.get("config") else []
    sources += [{"secretRef": {"name": f"{app['name']}-secrets"}}] if app.get("secret") else []
    if sources:
        found["envFrom"] = sources
    if app.get("storage"):
        found["volumeMounts"] = [{"name": "data", "mountPath": "/var/lib/data"}]
    return found | {"resources": {"requests": requested, "limits": limits}}


def _probes(app: dict[str, Any]) -> dict[str, Any]:
    if app.get("kind") == "StatefulSet":
        check = {"tcpSocket": {"port": "http"}}
        return {"readinessProbe": {**check, "periodSeconds": 10}}
    ready = {"httpGet": {"path": "/readyz", "port": "http"}, "initialDelaySeconds": 2, "periodSeconds": 5}
    live = {"httpGet": {"path": "/livez", "port": "http"}, "initialDelaySeconds": 10, "periodSeconds": 10}
    return {"readinessProbe": ready, "livenessProbe": live}


def _extra(plan: Plan, app: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one["name"], "image": one["image"].replace("{registry}", plan.registry)}
    if one.get("port"):
        found["ports"] = [{"name": one["name"][:15], "containerPort": one["port"]}]
    requested = {"cpu": str(one.get("cpu", "10m")), "memory": str(one.get("memory", "32Mi"))}
    return found | {"resources": {"requests": requested}}


def _claim(app: dict[str, Any]) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard"}
    storage = {"requests": {"storage": str(app["storage"])}}
    return {"metadata": {"name": "data"}, "spec": spec | {"resources": storage}}


def _batch_spec(app: dict[str, Any], kind: str, template: Object) -> dict[str, Any]:
    job: dict[str, Any] = {"template": template, "backoffLimit": 2}
    for key in ("completions", "parallelism"):
        if key in app:
            job[key] = app[key]
    if kind == "Job":
        return job
    metadata = {"labels": template["metadata"]["labels"]}
    found = {"schedule": app["schedule"], "concurrencyPolicy": "Forbid", "suspend": bool(app.get("suspend"))}
    if app.get("zone"):
        found["timeZone"] = app["zone"]
    return found | {"jobTemplate": {"metadata": metadata, "spec": job}}


def _service(app: dict[str, Any]) -> Object:
    kind = app["service"] if isinstance(app.get("service"), str) else "ClusterIP"
    target = {"name": "http", "port": 80 if app["port"] > 5000 else app["port"], "targetPort": "http"}
    spec: dict[str, Any] = {"type": kind, "selector": selector(app), "ports": [target]}
    if app.get("kind") == "StatefulSet":
        spec |= {"type": "ClusterIP", "clusterIP": "None", "publishNotReadyAddresses": True}
        target["port"] = app["port"]
    found = _thing(app, "v1", "Service", app["name"], spec=spec)
    if kind == "LoadBalancer":
        number = int(hashlib.sha256(app["name"].encode()).hexdigest()[:2], 16)
        found["status"] = {"loadBalancer": {"ingress": [{"ip": f"198.51.100.{number % 250 + 2}"}]}}
    return found


def _ingress(app: dict[str, Any], host: str) -> Iterator[Object]:
    backend = {"service": {"name": app["name"], "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec = {
        "ingressClassName": "public",
        "tls": [{"hosts": [host], "secretName": f"{app['name']}-tls"}],
        "rules": [{"host": host, "http": {"paths": [path]}}],
    }
    found = _thing(app, "networking.k8s.io/v1", "Ingress", app["name"], spec=spec)
    yield found | {"status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.10"}]}}}
    data = {
        key: base64.b64encode(f"not a real {key} of {host}\n".encode()).decode()
        for key in ("tls.crt", "tls.key")
    }
    yield _thing(app, "v1", "Secret", f"{app['name']}-tls", type="kubernetes.io/tls", data=data)


def _scaler(app: dict[str, Any], scaler: dict[str, Any]) -> Object:
    target = {"type": "Utilization", "averageUtilization": scaler.get("cpu", 70)}
    kind = app.get("kind", "Deployment")
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": app["name"]},
        "minReplicas": scaler.get("min", 1),
        "maxReplicas": scaler["max"],
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    return _thing(app, "autoscaling/v2", "HorizontalPodAutoscaler", app["name"], spec=spec)


def _fill_number(value: Any, number: str) -> Any:
    if isinstance(value, str):
        return value.replace("{n}", number)
    if isinstance(value, list):
        return [_fill_number(one, number) for one in value]
    if isinstance(value, dict):
        return {key: _fill_number(one, number) for key, one in value.items()}
    return value
