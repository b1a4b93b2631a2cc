"""Objects that register metrics-server with the API server."""

from typing import Any

NAME = "v1beta1.metrics.k8s.io"


def build_metrics_objects(port: int) -> list[dict[str, Any]]:
    """The APIService, a Service of type ExternalName (metrics-server is no pod here), and its stock role."""
    service = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}
    reference = {"namespace": "kube-system", "name": "metrics-server", "port": port}
    labels = {f"rbac.authorization.k8s.io/aggregate-to-{role}": "true" for role in ("view", "edit", "admin")}
    rule = {
        "apiGroups": ["metrics.k8s.io"],
        "resources": ["pods", "nodes"],
        "verbs": ["get", "list", "watch"],
    }
    return [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "system:aggregated-metrics-reader", "labels": labels},
            "rules": [rule],
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "metrics-server", "namespace": "kube-system"},
            "spec": service,
        },
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": NAME},
            "spec": {
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "insecureSkipTLSVerify": True,
                "service": reference,
            },
        },
    ]
