"""Which objects lead the API server to the metrics-server beside it?"""

from typing import Any

NAME = "v1beta1.metrics.k8s.io"


def metrics_objects(port: int) -> list[dict[str, Any]]:
    """The APIService and a Service of type ExternalName, since metrics-server is no pod here."""
    service = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}
    reference = {"namespace": "kube-system", "name": "metrics-server", "port": port}
    return [
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
