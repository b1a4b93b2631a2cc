"""Examples: an object of a kind by its OpenAPI schema, with what the API server requires beyond the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from clusters.discovery import Resource
from clusters.openapi.kind_schemas import KindSchema

NAME = "example"
LABELS = {"app": NAME}
DEEPEST = 12  # levels of an example
MOST_FIELDS = 200  # fields of an example
EXPECTED = frozenset({"spec", "template", "jobTemplate"})  # filled in although few schemas require them
LEFT_OUT = frozenset({"apiVersion", "kind", "metadata", "status"})  # of the object itself

_CONTAINER = {"name": "main", "image": "registry.example/main:1"}
_POD = {"metadata": {"labels": LABELS}, "spec": {"containers": [_CONTAINER]}}
_ONCE = {"spec": {"containers": [_CONTAINER], "restartPolicy": "Never"}}
_SELECTED = {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": _POD}
_RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
_BACKEND = {"service": {"name": NAME, "port": {"number": 80}}}
_HTTP = {"paths": [{"path": "/", "pathType": "Prefix", "backend": _BACKEND}]}
_SUBJECT = {"kind": "ServiceAccount", "name": NAME, "namespace": "default"}
_TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME}
_VIEW = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}

# What validation requires although no schema says so, and what makes an example of use. By group and kind.
BUILT_IN: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("", "ConfigMap"): {"data": {"key": "value"}},
    ("", "Secret"): {"type": "Opaque", "stringData": {"key": "value"}},
    ("", "Pod"): {"spec": _POD["spec"]},
    ("", "Service"): {"spec": {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]}},
    ("", "PersistentVolumeClaim"): {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    ("", "ResourceQuota"): {"spec": {"hard": {"pods": "10"}}},
    ("", "LimitRange"): {"spec": {"limits": [{"type": "Container", "default": {"memory": "256Mi"}}]}},
    ("", "ReplicationController"): {"spec": {"replicas": 1, "selector": LABELS, "template": _POD}},
    ("apps", "Deployment"): {"spec": _SELECTED},
    ("apps", "ReplicaSet"): {"spec": _SELECTED},
    ("apps", "StatefulSet"): {"spec": {**_SELECTED, "serviceName": NAME}},
    ("apps", "DaemonSet"): {"spec": {"selector": {"matchLabels": LABELS}, "template": _POD}},
    ("batch", "Job"): {"spec": {"template": _ONCE}},
    ("batch", "CronJob"): {"spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": _ONCE}}}},
    ("autoscaling", "HorizontalPodAutoscaler"): {
        "spec": {"minReplicas": 1, "maxReplicas": 3, "scaleTargetRef": _TARGET}
    },
    ("policy", "PodDisruptionBudget"): {"spec": {"minAvailable": 1, "selector": {"matchLabels": LABELS}}},
    ("networking.k8s.io", "Ingress"): {"spec": {"rules": [{"host": "example.com", "http": _HTTP}]}},
    ("networking.k8s.io", "IngressClass"): {"spec": {"controller": "example.com/controller"}},
    ("networking.k8s.io", "NetworkPolicy"): {
        "spec": {"podSelector": {"matchLabels": LABELS}, "policyTypes": ["Ingress"], "ingress": []}
    },
    ("rbac.authorization.k8s.io", "Role"): {"rules": [_RULE]},
    ("rbac.authorization.k8s.io", "ClusterRole"): {"rules": [_RULE]},
    ("rbac.authorization.k8s.io", "RoleBinding"): {"roleRef": _VIEW, "subjects": [_SUBJECT]},
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): {"roleRef": _VIEW, "subjects": [_SUBJECT]},
    ("", "Namespace"): {},
    ("", "ServiceAccount"): {},
}


def build_example(resource: Resource, schema: KindSchema | None, namespace: str) -> dict[str, Any]:
    """An object that says what is needed: without a schema no more than its name."""
    metadata: dict[str, Any] = {"name": NAME, **({"namespace": namespace} if resource.namespaced else {})}
    found: dict[str, Any] = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}
    known = BUILT_IN.get((resource.group, resource.kind))
    if known is not None:
        return {**found, **known}
    if schema is None:
        return found
    content = msgspec.json.decode(schema.content)
    builder = _Builder(content["definitions"])
    root = builder.resolve(content["definitions"].get(content["root"]) or {})
    whole = builder.build_object(root, 0)
    return {**found, **{key: value for key, value in whole.items() if key not in LEFT_OUT}}


class _Builder:
    """Bounded in depth and in fields: a schema can name itself."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._fields = 0

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The definition that a schema names, with its own fields above it."""
        named = self._definitions.get(str(schema.get("$ref")))
        return {**named, **schema} if isinstance(named, Mapping) else schema

    def build_object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """The required fields, and those that are expected anywhere."""
        properties = schema.get("properties")
        if not isinstance(properties, Mapping) or depth > DEEPEST:
            return {}
        required = schema.get("required")
        names = [*required] if isinstance(required, list) else []
        wanted = [name for name in properties if name in names or name in EXPECTED]
        found: dict[str, Any] = {}
        for name in wanted:
            self._fields += 1
            if self._fields <= MOST_FIELDS:
                found[name] = self._build(self.resolve(properties[name]), depth + 1)
        return found

    def _build(self, schema: Mapping[str, Any], depth: int) -> Any:
        default, choices = schema.get("default"), schema.get("enum")
        if default not in (None, {}, ""):  # the schemas of built-in kinds have empty ones of what is required
            return default
        if isinstance(choices, list) and choices:
            return choices[0]
        match schema.get("type"):
            case "object":
                found: Any = self.build_object(schema, depth)
            case "array":
                items = schema.get("items")
                found = []
                if isinstance(items, Mapping) and depth < DEEPEST:
                    found = [self._build(self.resolve(items), depth + 1)]
            case "integer" | "number":
                found = schema.get("minimum", 1)
            case "boolean":
                found = False
            case _:
                found = self._build_text(schema, depth)
        return found

    def _build_text(self, schema: Mapping[str, Any], depth: int) -> Any:
        """A text; of a schema without a type the fields that it has, or a number where both are possible."""
        if "properties" in schema:
            return self.build_object(schema, depth)
        if schema.get("x-kubernetes-int-or-string"):
            return 1
        if schema.get("x-kubernetes-preserve-unknown-fields"):
            return {}
        return "2030-01-01T00:00:00Z" if schema.get("format") == "date-time" else NAME
