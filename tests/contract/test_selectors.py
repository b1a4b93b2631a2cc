"""Contract of label and field selectors, and of their errors."""

from urllib.parse import urlencode

import pytest

LABELS = [
    "app exists", "app in", "app in (", "app in ()", "app=a b", "=a", "app>x", "app>5", "!app", "!app=b", "a,b", ",",
    "app=a,", "app==a", "app=-x", "APP/x/y=a", "app notin (a,b)", "app!=web", "app=>a", "_a=b", "app=a;b", "!", "app",
    "app in (a,,b)", "app in (a b)", "(a)", "app!", "x/=a", "/x=a", "A.b/x=a", "app<", "tier in (front, back)",
    "app=web,tier=front", "app notin (web),tier", "a" * 70 + "=b", "app=" + "a" * 70, "app in (-)", "app,!tier",
    "size>1", "size<5", "size>1,size<3", "app in (web),app notin (db)", " app = web ", "app=web,,tier=front",
]  # fmt: skip
FIELDS = [
    "foo=bar", "metadata.name", "metadata.name=a,b", "status.phase in (a)", "spec.hostNetwork=x", "metadata.name!=a",
    "=a", "metadata.name=a\\b", "status.phase==Running", "metadata.namespace=shop", "metadata.name=one",
    "metadata.name=a\\,b", "spec.nodeName=", "spec.nodeName!=", "status.podIP=1.2.3.4", "metadata.labels.app=web",
    "spec.restartPolicy=Always,metadata.name!=two", "spec.serviceAccountName=default", ",", "a=b=c", "!=x",
]  # fmt: skip
OTHERS = [
    ("/api/v1/nodes", "metadata.namespace=x"),
    ("/api/v1/nodes", "spec.unschedulable=true"),
    ("/apis/example.com/v1/widgets", "spec.size=1"),
    ("/apis/example.com/v1/widgets", "metadata.namespace=nowhere"),
    ("/apis/example.com/v1/fleets", "metadata.namespace=shop"),
    ("/apis/apps/v1/deployments", "spec.size=1"),
    ("/apis/apps/v1/deployments", "metadata.name=x"),
    ("/apis/apps/v1/replicasets", "status.replicas=1"),
    ("/api/v1/secrets", "type=nope"),
    ("/api/v1/secrets", "data=nope"),
    ("/api/v1/namespaces", "status.phase=Nowhere"),
    ("/api/v1/namespaces", "spec.x=Terminating"),
    ("/api/v1/events", "involvedObject.name=nobody"),
    ("/api/v1/events", "regarding.name=nobody"),
    ("/apis/events.k8s.io/v1/events", "regarding.name=nobody"),
    ("/apis/events.k8s.io/v1/events", "involvedObject.name=nobody"),
    ("/apis/events.k8s.io/v1/events", "foo=nobody"),
    ("/apis/batch/v1/jobs", "status.successful=1000"),
    ("/apis/batch/v1/jobs", "status.succeeded=1"),
    ("/apis/batch/v1/cronjobs", "foo=1"),
    ("/apis/certificates.k8s.io/v1/certificatesigningrequests", "spec.signerName=x"),
    ("/apis/certificates.k8s.io/v1/certificatesigningrequests", "spec.foo=x"),
    ("/apis/rbac.authorization.k8s.io/v1/clusterroles", "foo=x"),
    ("/api/v1/configmaps", "foo=x"),
    ("/api/v1/services", "spec.clusterIP=None_"),
    ("/api/v1/services", "foo=None_"),
    ("/api/v1/replicationcontrollers", "status.replicas=77"),
    ("/api/v1/replicationcontrollers", "foo=77"),
    ("/apis/coordination.k8s.io/v1/leases", "foo=77"),
    ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "foo=77"),
    ("/apis/storage.k8s.io/v1/storageclasses", "foo=77"),
    ("/apis/policy/v1/poddisruptionbudgets", "foo=77"),
    ("/apis/networking.k8s.io/v1/ingresses", "foo=77"),
]


def config_map(name, labels):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}}


def unschedulable_pod(name):
    spec = {"nodeSelector": {"no": "such"}, "containers": [{"name": "a", "image": "registry.example/a:1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


@pytest.fixture(scope="module")
def labeled_objects(contenders, own_namespace):
    """Five ConfigMaps of one name in both, and two pods that no node takes."""
    things = {
        "one": {"app": "web", "tier": "front", "size": "1"},
        "two": {"app": "web", "tier": "back", "size": "2"},
        "three": {"app": "db", "size": "x"},
        "four": {"tier": "front"},
        "five": {},
    }
    for contender in contenders.values():
        for name, labels in things.items():
            contender.admin.post(f"{own_namespace}/configmaps", config_map(name, labels))
        for name in ("one", "two"):
            assert contender.admin.post(f"{own_namespace}/pods", unschedulable_pod(name)).status == 201
    return f"{own_namespace}/configmaps"


@pytest.mark.parametrize("selector", LABELS)
def test_labels(both, labeled_objects, selector):
    path = f"{labeled_objects}?{urlencode({'labelSelector': selector})}"
    both.same(lambda caller: names_or_error(caller.get(path)))


@pytest.mark.parametrize("selector", FIELDS)
def test_fields_of_pods(both, labeled_objects, own_namespace, selector):
    path = f"{own_namespace}/pods?{urlencode({'fieldSelector': selector})}"
    both.same(lambda caller: names_or_error(caller.get(path)))


@pytest.mark.parametrize(("path", "selector"), OTHERS)
def test_fields_of_other_kinds(both, path, selector):
    path = f"{path}?{urlencode({'fieldSelector': selector})}"
    both.same(lambda caller: names_or_error(caller.get(path)))


@pytest.mark.parametrize("selector", ["metadata.name=one", "metadata.name!=one", "metadata.name=nope"])
def test_names_of_config_maps(both, labeled_objects, selector):
    path = f"{labeled_objects}?{urlencode({'fieldSelector': selector})}"
    both.same(lambda caller: names_or_error(caller.get(path)))


def names_or_error(reply):
    if reply.status != 200:
        return reply
    return [one["metadata"]["name"] for one in reply.json["items"]]
