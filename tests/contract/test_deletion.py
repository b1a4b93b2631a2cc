"""Contract of deletion: preconditions, finalizers, owner references, namespaces."""

import pytest

from tests.contract.bodies import config_map, pod, thing
from tests.dashboard_server import wait_for

OPTIONS = {
    "nothing": None,
    "an empty object": {},
    "another uid": {"preconditions": {"uid": "x"}},
    "another version": {"preconditions": {"resourceVersion": "1"}},
    "an unknown policy": {"propagationPolicy": "x"},
    "two policies": {"propagationPolicy": "Background", "orphanDependents": True},
    "a wrong dry run": {"dryRun": ["x"]},
    "a dry run": {"dryRun": ["All"]},
    "no time": {"gracePeriodSeconds": -5},
    "background": {"propagationPolicy": "Background"},
    "foreground": {"propagationPolicy": "Foreground"},
    "orphans": {"propagationPolicy": "Orphan"},
    "an unknown field": {"foo": 1},
    "a kind": {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"},
    "a list": "[]",
    "no JSON": "abc",
}


@pytest.fixture
def maps(own_namespace):
    return f"{own_namespace}/configmaps"


@pytest.mark.parametrize("name", OPTIONS)
def test_options_in_a_body(both, maps, name):
    own = f"x{list(OPTIONS).index(name)}"

    def request(caller):
        caller.post(maps, config_map(own, a="1"))
        return caller.delete(f"{maps}/{own}", OPTIONS[name])

    both.same(request)


@pytest.mark.parametrize(
    "query",
    ["dryRun=All", "dryRun=x", "propagationPolicy=x", "gracePeriodSeconds=0", "propagationPolicy=Background"],
)
def test_options_in_the_query(both, maps, query):
    def request(caller):
        caller.post(maps, config_map("query", a="1"))
        return [caller.delete(f"{maps}/query?{query}"), caller.get(f"{maps}/query").status]

    both.same(request)


def test_a_body_hides_the_query(both, maps):
    def request(caller):
        caller.post(maps, config_map("hidden", a="1"))
        return [caller.delete(f"{maps}/hidden?dryRun=All", {}), caller.get(f"{maps}/hidden").status]

    both.same(request)


def test_a_finalizer_holds(both, maps):
    path = f"{maps}/held"

    def request(caller):
        return [
            caller.post(maps, config_map("held", {"finalizers": ["example.com/hold"]})),
            caller.delete(path),
            caller.delete(path),
            caller.get(path),
            caller.post(maps, config_map("held")),
            caller.patch(path, {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}),
            caller.patch(path, {"data": {"a": "b"}}),
            caller.patch(path, {"metadata": {"finalizers": None}}),
            caller.get(path),
        ]

    both.same(request)


def test_a_pod_is_deleted(both, own_namespace):
    path = f"{own_namespace}/pods"

    def request(caller):
        deleted_pod = pod("gone")
        deleted_pod["spec"]["schedulerName"] = "nobody"  # one that has a node is given time to end
        made, gone = caller.post(path, deleted_pod).status, caller.delete(f"{path}/gone").json
        gone["metadata"]["managedFields"] = gone["status"] = None  # the scheduler's
        return [made, gone, caller.get(f"{path}/gone").status]

    both.same(request)


def test_what_is_not_there(both, maps):
    both.same_request("DELETE", f"{maps}/nope")


@pytest.mark.parametrize("kind", ["services", "serviceaccounts", "secrets", "persistentvolumeclaims"])
def test_the_response_by_kind(both, own_namespace, kind):
    bodies = {
        "services": thing("v1", "Service", "gone", spec={"clusterIP": "None", "selector": {"a": "b"}}),
        "serviceaccounts": thing("v1", "ServiceAccount", "gone"),
        "secrets": thing("v1", "Secret", "gone"),
        "persistentvolumeclaims": thing(
            "v1",
            "PersistentVolumeClaim",
            "gone",
            spec={
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "nope",
                "resources": {"requests": {"storage": "1Gi"}},
            },
        ),
    }
    path = f"{own_namespace}/{kind}"
    both.same(lambda caller: [caller.post(path, bodies[kind]).status, caller.delete(f"{path}/gone")])


def test_a_collection(both, maps):
    def request(caller):
        for name in ("c1", "c2", "c3"):
            caller.post(maps, config_map(name, {"labels": {"many": name}}))
        return [
            caller.delete(f"{maps}?labelSelector=many+in+(c1,c2)", {"dryRun": ["All"]}),
            caller.delete(f"{maps}?labelSelector=many+in+(c1,c2)"),
            [one["metadata"]["name"] for one in caller.get(f"{maps}?labelSelector=many").json["items"]],
            caller.delete(f"{maps}?labelSelector=many", {"propagationPolicy": "x"}),
        ]

    both.same(request)


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public", "nope"])
def test_a_namespace_that_stays(both, name):
    both.same_request("DELETE", f"/api/v1/namespaces/{name}")


def create_owned(name, owner, **more):
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    return config_map(name, {"ownerReferences": [reference | more]})


def is_gone(caller, path):
    return caller.get(path).status == 404


def test_dependents_go_with_their_owner(cluster, own_namespace):
    path, caller = f"{own_namespace}/configmaps", cluster.admin
    owner = caller.post(path, config_map("owner")).json
    caller.post(path, create_owned("child", owner))
    assert caller.delete(f"{path}/owner", {"propagationPolicy": "Background"}).json["status"] == "Success"
    wait_for(lambda: is_gone(caller, f"{path}/child"))


def test_an_owner_waits_for_its_dependents(cluster, own_namespace):
    path, caller = f"{own_namespace}/configmaps", cluster.admin
    owner = caller.post(path, config_map("waits")).json
    child = create_owned("slow", owner, blockOwnerDeletion=True)
    child["metadata"]["finalizers"] = ["example.com/hold"]
    caller.post(path, child)
    held = caller.delete(f"{path}/waits", {"propagationPolicy": "Foreground"}).json
    assert held["metadata"]["finalizers"] == ["foregroundDeletion"]
    wait_for(lambda: "deletionTimestamp" in caller.get(f"{path}/slow").json["metadata"])
    assert caller.get(f"{path}/waits").status == 200
    caller.patch(f"{path}/slow", {"metadata": {"finalizers": None}})
    wait_for(lambda: is_gone(caller, f"{path}/waits") and is_gone(caller, f"{path}/slow"))


def test_orphans_stay(cluster, own_namespace):
    path, caller = f"{own_namespace}/configmaps", cluster.admin
    owner = caller.post(path, config_map("parent")).json
    caller.post(path, create_owned("orphan", owner))
    caller.delete(f"{path}/parent", {"propagationPolicy": "Orphan"})
    wait_for(lambda: is_gone(caller, f"{path}/parent"))
    assert "ownerReferences" not in caller.get(f"{path}/orphan").json["metadata"]


def test_a_namespace_goes_with_all_in_it(cluster, namespace):
    path, caller = f"/api/v1/namespaces/{namespace}", cluster.admin
    caller.post(f"{path}/configmaps", config_map("held", {"finalizers": ["example.com/hold"]}))
    caller.post(f"{path}/secrets", thing("v1", "Secret", "secret"))
    answer = caller.delete(path)
    assert (answer.status, answer.json["status"]["phase"]) == (200, "Terminating")
    wait_for(lambda: is_gone(caller, f"{path}/secrets/secret"))
    reply = caller.post(f"{path}/configmaps", config_map("late"))
    assert (reply.status, reply.causes[0][0]) == (403, "NamespaceTerminating")
    assert reply.message == (
        f'configmaps "late" is forbidden: unable to create new content in namespace {namespace} because it is being '
        "terminated"
    )
    caller.patch(f"{path}/configmaps/held", {"metadata": {"finalizers": None}})
    wait_for(lambda: is_gone(caller, path))


def test_a_definition_goes_with_its_objects(cluster):
    caller = cluster.admin
    name, group = "things.contract.example.com", "contract.example.com"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    spec = {
        "group": group,
        "scope": "Namespaced",
        "names": {"plural": "things", "kind": "Thing"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    body = thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", name, spec=spec)
    assert caller.post(path, body).status == 201
    things = f"/apis/{group}/v1/namespaces/default/things"
    wait_for(lambda: caller.post(things, thing(f"{group}/v1", "Thing", "one")).status == 201)
    wait_for(lambda: "things" in str(caller.get(f"/apis/{group}/v1").json))
    begin = caller.get(things).json["metadata"]["resourceVersion"]
    assert caller.delete(f"{path}/{name}").status == 200
    wait_for(lambda: is_gone(caller, f"{path}/{name}"))
    wait_for(lambda: caller.get(things).status == 404)
    assert begin.isdigit()
