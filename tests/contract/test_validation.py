"""Contract of creation: defaults, accepted objects and validation errors."""

import pytest

from tests.contract.bodies import CONTAINER, TEMPLATE, config_map, deployment, pod, thing, widget

RBAC = "rbac.authorization.k8s.io/v1"
DAEMON_TEMPLATE = {
    "metadata": {"labels": {"a": "b"}},
    "spec": {"nodeSelector": {"no": "x"}, "containers": [CONTAINER]},
}
JOB_TEMPLATE = {"spec": {"restartPolicy": "Never", "containers": [CONTAINER]}}
PATHS = {
    "Deployment": "/apis/apps/v1/{ns}/deployments",
    "StatefulSet": "/apis/apps/v1/{ns}/statefulsets",
    "DaemonSet": "/apis/apps/v1/{ns}/daemonsets",
    "ReplicaSet": "/apis/apps/v1/{ns}/replicasets",
    "Pod": "/api/v1/{ns}/pods",
    "ConfigMap": "/api/v1/{ns}/configmaps",
    "Secret": "/api/v1/{ns}/secrets",
    "Service": "/api/v1/{ns}/services",
    "ServiceAccount": "/api/v1/{ns}/serviceaccounts",
    "Event": "/api/v1/{ns}/events",
    "PersistentVolumeClaim": "/api/v1/{ns}/persistentvolumeclaims",
    "Job": "/apis/batch/v1/{ns}/jobs",
    "CronJob": "/apis/batch/v1/{ns}/cronjobs",
    "PodDisruptionBudget": "/apis/policy/v1/{ns}/poddisruptionbudgets",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/{ns}/horizontalpodautoscalers",
    "Ingress": "/apis/networking.k8s.io/v1/{ns}/ingresses",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/{ns}/networkpolicies",
    "Role": "/apis/rbac.authorization.k8s.io/v1/{ns}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/{ns}/rolebindings",
    "Lease": "/apis/coordination.k8s.io/v1/{ns}/leases",
    "Widget": "/apis/example.com/v1/{ns}/widgets",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "Namespace": "/api/v1/namespaces",
    "Node": "/api/v1/nodes",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "StorageClass": "/apis/storage.k8s.io/v1/storageclasses",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}


def container(**parts):
    return {"containers": [CONTAINER | parts]}


# Each is created with dryRun=All; its response, with defaults or errors, is the same.
CREATED = {
    "deployment": deployment(),
    "deployment of a latest image": deployment(
        template=TEMPLATE | {"spec": {"containers": [{"name": "c", "image": "x"}]}}
    ),
    "deployment without a selector": deployment(selector=None),
    "deployment without a template": deployment(template={}),
    "deployment with nothing": thing("apps/v1", "Deployment", "zz"),
    "deployment with a wrong type": deployment(replicas="x"),
    "deployment with half a pod": deployment(replicas=1.5),
    "deployment with a wrong flag": deployment(paused="x"),
    "deployment with a list for a template": deployment(template=[]),
    "deployment with an object for containers": deployment(template={"spec": {"containers": {}}}),
    "deployment with a number for a name": deployment(template={"spec": {"containers": [{"name": 5}]}}),
    "deployment with a wrong quantity": deployment(
        template={"spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": "x"}}}]}}
    ),
    "deployment with a wrong time": deployment(template={"metadata": {"creationTimestamp": "abc"}}),
    "deployment recreated": deployment(strategy={"type": "Recreate"}),
    "deployment with a wrong strategy": deployment(strategy={"type": "Foo"}),
    "deployment with a wrong name": thing("apps/v1", "Deployment", "ZZ_", spec=deployment()["spec"]),
    "deployment with wrong metadata": deployment()
    | {
        "metadata": {
            "name": "zz",
            "labels": {"a b": "c", "d": "e f"},
            "annotations": {"-": "x"},
            "finalizers": ["x"],
            "ownerReferences": [{"apiVersion": "v1"}],
        }
    },
    "stateful set": thing(
        "apps/v1",
        "StatefulSet",
        "zz",
        spec={"serviceName": "x", "selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE},
    ),
    "daemon set": thing(
        "apps/v1",
        "DaemonSet",
        "zz",
        spec={"selector": {"matchLabels": {"a": "b"}}, "template": DAEMON_TEMPLATE},
    ),
    "replica set": thing(
        "apps/v1", "ReplicaSet", "zz", spec={"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE}
    ),
    "pod": pod(),
    "pod with limits": pod(**container(resources={"limits": {"cpu": "1", "memory": "1Gi"}})),
    "pod with everything": pod(
        containers=[
            CONTAINER
            | {
                "ports": [{"containerPort": 80, "name": "http"}],
                "env": [
                    {"name": "A", "value": "b"},
                    {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                ],
                "livenessProbe": {"httpGet": {"path": "/", "port": 80}},
                "readinessProbe": {"tcpSocket": {"port": "http"}},
                "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                "resources": {"requests": {"cpu": "100m"}},
            }
        ],
        initContainers=[{"name": "i", "image": "registry.example/i"}],
        volumes=[{"name": "v", "configMap": {"name": "x"}}, {"name": "w", "emptyDir": {}}],
    ),
    "pod without containers": pod(containers=[]),
    "pod with wrong containers": pod(
        containers=[{"name": "A_", "image": "x"}, {"name": "b"}, {"name": "b", "image": ""}]
    ),
    "pod with wrong policies": pod(restartPolicy="x", dnsPolicy="y"),
    "pod of nobody": pod(serviceAccountName="nope"),
    "pod of no priority": pod(priorityClassName="nope"),
    "pod of the system": pod(priorityClassName="system-node-critical"),
    "pod with a wrong container": pod(
        **container(
            ports=[{"containerPort": 99999}, {"containerPort": 0, "protocol": "X"}],
            env=[{"name": ""}],
            resources={"limits": {"cpu": "1"}, "requests": {"cpu": "2", "memory": "-1"}},
            volumeMounts=[{"name": "nope", "mountPath": "/x"}, {"name": "nope", "mountPath": "/x"}],
            imagePullPolicy="z",
            livenessProbe={},
        )
    ),
    "pod with wrong volumes": pod(
        volumes=[
            {"name": "v"},
            {"name": "v", "emptyDir": {}},
            {"name": "X_", "emptyDir": {}, "hostPath": {"path": "/"}},
        ]
    ),
    "pod with no deadline": pod(activeDeadlineSeconds=0),
    "pod with a wrong selector": pod(nodeSelector={"a b": "c"}),
    "pod with a wrong host name": pod(hostname="A_b", containers=[{"name": "a", "image": " x "}]),
    "config map": config_map(a="b"),
    "config map with a number": config_map(a=1),
    "config map with wrong keys": thing(
        "v1", "ConfigMap", "zz", data={"a b": "c", "a": "b"}, binaryData={"a": "AAA="}
    ),
    "config map with wrong bytes": thing("v1", "ConfigMap", "zz", binaryData={"a": "???"}),
    "secret of text": thing("v1", "Secret", "zz", stringData={"a": "b"}),
    "secret of wrong bytes": thing("v1", "Secret", "zz", data={"q": "not base64!"}),
    "secret for TLS": thing("v1", "Secret", "zz", type="kubernetes.io/tls", data={"a": "AAA="}),
    "secret for docker": thing(
        "v1", "Secret", "zz", type="kubernetes.io/dockerconfigjson", data={"a": "AAA="}
    ),
    "secret for a token": thing("v1", "Secret", "zz", type="kubernetes.io/service-account-token"),
    "secret for a password": thing("v1", "Secret", "zz", type="kubernetes.io/basic-auth"),
    "service without ports": thing("v1", "Service", "zz", spec={}),
    "service of a far address": thing(
        "v1", "Service", "zz", spec={"clusterIP": "11.0.0.1", "ports": [{"port": 1}]}
    ),
    "service of another name": thing("v1", "Service", "zz", spec={"type": "ExternalName"}),
    "service without a head": thing(
        "v1", "Service", "zz", spec={"clusterIP": "None", "selector": {"a": "b"}}
    ),
    "service with wrong ports": thing(
        "v1",
        "Service",
        "zz",
        spec={
            "type": "foo",
            "ports": [{"port": 0, "name": "A_"}, {"port": 99999, "protocol": "X", "targetPort": "A_b"}],
            "sessionAffinity": "x",
        },
    ),
    "claim": thing(
        "v1",
        "PersistentVolumeClaim",
        "zz",
        spec={
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "nope",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    ),
    "claim of nothing": thing("v1", "PersistentVolumeClaim", "zz", spec={}),
    "claim of no size": thing(
        "v1",
        "PersistentVolumeClaim",
        "zz",
        spec={"accessModes": ["x"], "resources": {"requests": {"storage": "0"}}},
    ),
    "job": thing("batch/v1", "Job", "zz", spec={"template": JOB_TEMPLATE}),
    "job without a policy": thing(
        "batch/v1", "Job", "zz", spec={"template": {"spec": {"containers": [CONTAINER]}}}
    ),
    "cron job": thing(
        "batch/v1",
        "CronJob",
        "zz",
        spec={"schedule": "* * * * *", "jobTemplate": {"spec": {"template": JOB_TEMPLATE}}},
    ),
    "cron job with a wrong schedule": thing(
        "batch/v1",
        "CronJob",
        "zz",
        spec={
            "schedule": "foo",
            "concurrencyPolicy": "x",
            "jobTemplate": {"spec": {"template": JOB_TEMPLATE}},
        },
    ),
    "cron job of nothing": thing("batch/v1", "CronJob", "zz", spec={"jobTemplate": {}}),
    "cron job of no zone": thing(
        "batch/v1",
        "CronJob",
        "zz",
        spec={
            "schedule": "TZ=UTC * * * * *",
            "timeZone": "Nope/No",
            "jobTemplate": {"spec": {"template": JOB_TEMPLATE}},
        },
    ),
    "budget": thing(
        "policy/v1",
        "PodDisruptionBudget",
        "zz",
        spec={"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}},
    ),
    "budget of both": thing(
        "policy/v1", "PodDisruptionBudget", "zz", spec={"minAvailable": 1, "maxUnavailable": 1}
    ),
    "autoscaler": thing(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "zz",
        spec={
            "maxReplicas": 3,
            "scaleTargetRef": {"kind": "Deployment", "name": "x", "apiVersion": "apps/v1"},
        },
    ),
    "autoscaler of nothing": thing(
        "autoscaling/v2", "HorizontalPodAutoscaler", "zz", spec={"maxReplicas": 0, "scaleTargetRef": {}}
    ),
    "autoscaler upside down": thing(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "zz",
        spec={"minReplicas": 5, "maxReplicas": 1, "scaleTargetRef": {"kind": "Deployment", "name": "x"}},
    ),
    "ingress of nothing": thing("networking.k8s.io/v1", "Ingress", "zz", spec={}),
    "ingress of a wrong host": thing(
        "networking.k8s.io/v1",
        "Ingress",
        "zz",
        spec={"rules": [{"host": "A_", "http": {"paths": [{"path": "x", "backend": {}}]}}]},
    ),
    "network policy": thing("networking.k8s.io/v1", "NetworkPolicy", "zz", spec={"podSelector": {}}),
    "role with wrong rules": thing(
        RBAC,
        "Role",
        "zz",
        rules=[
            {"verbs": [], "resources": ["pods"]},
            {"verbs": ["get"], "nonResourceURLs": ["/x"]},
            {"verbs": ["get"], "apiGroups": [""]},
        ],
    ),
    "cluster role with a wrong rule": thing(
        RBAC,
        "ClusterRole",
        "zz",
        rules=[{"verbs": ["get"], "nonResourceURLs": ["/x"], "resources": ["a"], "apiGroups": [""]}],
    ),
    "binding": thing(
        RBAC,
        "RoleBinding",
        "zz",
        roleRef={"kind": "ClusterRole", "name": "view"},
        subjects=[{"kind": "User", "name": "x"}],
    ),
    "binding of nothing": thing(RBAC, "RoleBinding", "zz"),
    "account with a wrong name": thing("v1", "ServiceAccount", "A_"),
    "account": thing("v1", "ServiceAccount", "zz"),
    "namespace with a wrong name": thing("v1", "Namespace", "A.b"),
    "namespace": thing("v1", "Namespace", "contract-dry"),
    "node": thing("v1", "Node", "contract-node"),
    "node with a wrong name": thing("v1", "Node", "A_"),
    "event of elsewhere": thing(
        "v1", "Event", "zz", involvedObject={"kind": "Pod", "name": "x", "namespace": "pay"}
    ),
    "node with a wrong label": thing("v1", "Node", "zz", {"labels": {"example.com/": ""}}),
    "priority too high": thing("scheduling.k8s.io/v1", "PriorityClass", "zz", value=2000000001),
    "priority": thing("scheduling.k8s.io/v1", "PriorityClass", "zz", value=5),
    "lease of no time": thing("coordination.k8s.io/v1", "Lease", "zz", spec={"leaseDurationSeconds": 0}),
    "storage class of nobody": thing("storage.k8s.io/v1", "StorageClass", "zz"),
    "storage class": thing("storage.k8s.io/v1", "StorageClass", "zz", provisioner="x.example.com/y"),
    "definition with nothing": thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", "zz", spec={}),
    "definition without a schema": thing(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "yy.x",
        spec={
            "group": "x.io",
            "names": {"plural": "ys", "kind": "Y"},
            "scope": "Foo",
            "versions": [{"name": "v1", "served": True, "storage": True}],
        },
    ),
    "widget": widget(spec={"size": 1}),
    "widget with a status": widget(spec={"size": 1}, status={"size": 4}),
    "widget without a size": widget(spec={}),
    "widget with too small a size": widget(spec={"size": -1}),
    "widget with a wrong colour": widget(spec={"size": 1, "colour": 5}),
    "widget with unknown fields": widget(spec={"size": 1, "nope": 1}, bar=1),
    "widget with a wrong name": widget("A_", spec={"size": 1}),
    "widget that is a list": widget(spec=[]),
}


def collection(kind, namespace):
    return PATHS[kind].format(ns=f"namespaces/{namespace.rpartition('/')[2]}")


@pytest.mark.parametrize("name", CREATED)
def test_what_is_created(both, own_namespace, name):
    body = CREATED[name]
    both.same_request("POST", f"{collection(body['kind'], own_namespace)}?dryRun=All", body)
