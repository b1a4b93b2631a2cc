"""Contract of kubectl: reading, writing and applying have the same output."""

from __future__ import annotations

import json

import pytest

from tests.contract.bodies import config_map, deployment, thing, widget


@pytest.fixture(scope="module")
def filled_namespace(contenders, own_namespace):
    """The name of a namespace with a few objects that no controller changes."""
    name = own_namespace.rpartition("/")[2]
    things = [
        config_map("settings", {"labels": {"app": "web"}, "annotations": {"note": "x"}}, a="b", c="d\ne"),
        thing("v1", "Secret", "password", data={"password": "c2VjcmV0"}),
        thing("v1", "Service", "headless", spec={"clusterIP": "None", "selector": {"a": "b"}}),
        widget("small", spec={"size": 1, "colour": "red"}),
        thing(
            "rbac.authorization.k8s.io/v1",
            "Role",
            "reader",
            rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}],
        ),
        thing(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            "readers",
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            subjects=[{"kind": "User", "name": "stan", "apiGroup": "rbac.authorization.k8s.io"}],
        ),
        thing(
            "v1", "LimitRange", "limits", spec={"limits": [{"type": "Container", "default": {"cpu": "1"}}]}
        ),
    ]
    for one in contenders.values():
        code, _, error = one.kubectl("create", "-n", name, "-f", "-", input=json.dumps(make_list(things)))
        assert (code, error) == (0, "")
    return name


def make_list(things):
    return {"apiVersion": "v1", "kind": "List", "items": things}


READS = [
    "get configmap settings -o yaml", "get configmap settings -o jsonpath={.data.a}", "get configmap settings -o name",
    "get configmaps -l app=web -o json", "get configmap nope", "get nope", "get secret password -o yaml",
    "get widgets", "get widgets -o wide", "get wd small -o yaml", "get widget small -o custom-columns=N:.metadata.name",
    "get role reader -o yaml", "get rolebinding readers -o yaml", "get service headless -o yaml",
    "describe configmap settings", "describe secret password", "describe service headless", "describe role reader",
    "describe rolebinding readers", "describe widget small", "describe limitrange limits", "describe configmap nope",
    "explain pods", "explain deployment.spec.strategy", "explain widgets.spec", "explain nope",
    "explain pods --recursive",
    "auth can-i create pods", "auth can-i delete nodes", "auth can-i list widgets", "auth can-i get /metrics",
    "auth can-i nonsense pods", "get --raw /version", "get --raw /healthz", "get --raw /nope",
    "api-resources --api-group=apps", "api-resources --api-group=example.com",
    "api-resources --namespaced=false -o name",
    "diff -f -", "get configmaps --chunk-size=1 -l app=web",
]  # fmt: skip


@pytest.mark.parametrize("command", READS)
def test_kubectl_reads(both, filled_namespace, command):
    if command == "diff -f -":
        body = json.dumps(
            config_map("settings", {"labels": {"app": "web"}, "annotations": {"note": "x"}}, a="b", c="d\ne")
        )
        both.same_kubectl(*command.split(), "-n", filled_namespace, input=body)
    else:
        both.same_kubectl(*command.split(), "-n", filled_namespace)


@pytest.mark.parametrize("person", ["rene", "stan"])
@pytest.mark.parametrize(
    "command", ["get pods -n pay", "auth can-i create deployments -n shop", "auth whoami", "get nodes"]
)
def test_kubectl_of_others(both, person, command):
    code, output, error = (
        both.same_kubectl(*command.split(), person=person) if "pods" not in command else (0, "", "")
    )
    assert code in (0, 1), (output, error)


WRITES = [
    "create configmap made --from-literal=a=b --dry-run=server -o yaml",
    "create deployment made --image=registry.example/x:1 --dry-run=server -o yaml",
    "create secret generic made --from-literal=a=b --dry-run=server -o yaml",
    "create role made --verb=get --resource=pods --dry-run=server -o yaml",
    "create serviceaccount made --dry-run=server -o yaml",
    "create job made --image=registry.example/x:1 --dry-run=server -o name",
    "create cronjob made --image=registry.example/x:1 --schedule=@daily --dry-run=server -o yaml",
    "create namespace made-here --dry-run=server -o yaml",
    "run made --image=registry.example/x:1 --dry-run=server -o name",
    "label configmap settings more=yes", "label configmap settings more=no", "label configmap settings more-",
    "annotate configmap settings note=y --overwrite", "annotate configmap settings note=x --overwrite",
    "patch configmap settings -p {\"data\":{\"z\":\"1\"}}",
    "patch configmap settings --type=json -p [{\"op\":\"remove\",\"path\":\"/data/z\"}]",
    "patch configmap nope -p {}", "patch widget small --type=merge -p {\"spec\":{\"size\":2}}",
    "patch widget small --type=merge -p {\"spec\":{\"size\":-2}}", "scale widget small --replicas=1",
    "patch widget small -p {\"spec\":{\"size\":2}}", "scale configmap settings --replicas=1", "delete configmap nope",
    "delete configmap settings --dry-run=server", "create token default --duration=5m", "create token nope",
    "set image configmap/settings a=b", "create -f /dev/null",
]  # fmt: skip


@pytest.mark.parametrize("command", WRITES)
def test_kubectl_writes(both, filled_namespace, command):
    both.same_kubectl(*command.split(" "), "-n", filled_namespace)


APPLIED = config_map("applied", {"labels": {"a": "b"}}, a="1")


def test_kubectl_applies(both, filled_namespace):
    for one, more in (
        (APPLIED, ()),
        (APPLIED, ()),
        (APPLIED | {"data": {"b": "2"}}, ()),
        (APPLIED | {"data": {"c": "2"}}, ("--server-side",)),
        (APPLIED | {"data": {"c": "3"}}, ("--server-side", "--field-manager=other")),
        (APPLIED | {"data": {"c": "3"}}, ("--server-side", "--field-manager=other", "--force-conflicts")),
        (APPLIED | {"foo": 1}, ()),
        (APPLIED | {"foo": 1}, ("--validate=warn",)),
        (APPLIED | {"data": {"c": 3}}, ()),
    ):
        both.same_kubectl("apply", "-n", filled_namespace, "-f", "-", *more, input=json.dumps(one))
        both.same_kubectl(
            "get", "configmap", "applied", "-n", filled_namespace, "-o", "yaml", "--show-managed-fields"
        )
    both.same_kubectl("delete", "configmap", "applied", "-n", filled_namespace)
    both.same_kubectl("delete", "configmap", "applied", "-n", filled_namespace, "--ignore-not-found")


def test_kubectl_replaces_and_edits(both, filled_namespace):
    body = json.dumps(config_map("replaced", a="1"))
    for command in ("create", "create", "replace", "replace --force"):
        both.same_kubectl(*command.split(), "-n", filled_namespace, "-f", "-", input=body)
    both.same_kubectl("delete", "-n", filled_namespace, "-f", "-", input=body)


def test_kubectl_scales_and_waits(cluster, filled_namespace):
    code, _, error = cluster.kubectl(
        "create", "-n", filled_namespace, "-f", "-", input=json.dumps(deployment("scaled"))
    )
    assert (code, error) == (0, ""), error
    code, output, _ = cluster.kubectl("scale", "deployment", "scaled", "--replicas=0", "-n", filled_namespace)
    assert (code, output) == (0, "deployment.apps/scaled scaled\n")
    code, output, error = cluster.kubectl(
        "scale", "deployment", "scaled", "--replicas=0", "--current-replicas=5", "-n", filled_namespace
    )
    assert (code, error) == (1, "error: Expected replicas to be 5, was 0\n")
    code, output, _ = cluster.kubectl("rollout", "pause", "deployment/scaled", "-n", filled_namespace)
    assert (code, output) == (0, "deployment.apps/scaled paused\n")
    code, output, error = cluster.kubectl("rollout", "restart", "deployment/scaled", "-n", filled_namespace)
    assert code == 1
    assert "can't restart paused deployment" in error
    code, output, _ = cluster.kubectl("rollout", "resume", "deployment/scaled", "-n", filled_namespace)
    assert (code, output) == (0, "deployment.apps/scaled resumed\n")
    code, output, _ = cluster.kubectl("rollout", "restart", "deployment/scaled", "-n", filled_namespace)
    assert (code, output) == (0, "deployment.apps/scaled restarted\n")
    code, output, _ = cluster.kubectl("delete", "deployment", "scaled", "-n", filled_namespace)
    assert (code, output) == (0, f'deployment.apps "scaled" deleted from {filled_namespace} namespace\n')
