"""Contract of patches: JSON, merge and strategic patches, and apply with its managers."""

import pytest

from tests.contract.bodies import CONTAINER, TEMPLATE, config_map, deployment, widget


@pytest.fixture
def maps(own_namespace, contenders):
    """The collection; what is called zz there is gone after each test."""
    return delete_leftovers(contenders, f"{own_namespace}/configmaps")


@pytest.fixture
def deployments(own_namespace, contenders):
    return delete_leftovers(contenders, f"/apis/apps/v1{own_namespace.removeprefix('/api/v1')}/deployments")


@pytest.fixture
def widgets(own_namespace, contenders):
    return delete_leftovers(
        contenders, f"/apis/example.com/v1{own_namespace.removeprefix('/api/v1')}/widgets"
    )


def delete_leftovers(contenders, path):
    for one in contenders.values():
        one.admin.delete(f"{path}/zz")
    return path


# (kind of patch, query, body) on a ConfigMap with a: 1, c: 3
PATCHES = {
    "merge": ("merge", "", {"data": {"x": "y", "a": None}}),
    "merge of nothing": ("merge", "", {}),
    "merge of metadata": ("merge", "", {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}),
    "merge with a dry run": ("merge", "?dryRun=All", {"data": {"x": "y"}}),
    "merge of an unknown field": ("merge", "", {"data": {"a": "b"}, "foo": 1}),
    "merge of an unknown field, strictly": ("merge", "?fieldValidation=Strict", {"data": {"a": "b"}, "foo": 1}),
    "merge of a wrong type": ("merge", "", {"data": 5}),
    "merge of no JSON": ("merge", "", "abc"),
    "merge of a list": ("merge", "", "[]"),
    "merge at an old version": ("merge", "", {"metadata": {"resourceVersion": "5"}}),
    "merge of another name": ("merge", "", {"metadata": {"name": "5"}}),
    "merge by force": ("merge", "?force=true", {"data": {}}),
    "strategic": ("strategic", "", {"data": {"x": "y", "a": None}}),
    "strategic of an unknown field, strictly": ("strategic", "?fieldValidation=Strict", {"data": {"a": "b"}, "foo": 1}),
    "strategic of no JSON": ("strategic", "", "abc"),
    "strategic replacing": ("strategic", "", {"data": {"$patch": "replace", "q": "r"}}),
    "JSON": ("json", "", [
        {"op": "replace", "path": "/data/a", "value": "2"}, {"op": "add", "path": "/data/n~1m", "value": "1"},
    ]),
    "JSON that tests": ("json", "", [
        {"op": "test", "path": "/data/a", "value": "1"}, {"op": "remove", "path": "/data/a"},
    ]),
    "JSON that fails its test": ("json", "", [{"op": "test", "path": "/data/a", "value": "zzz"}]),
    "JSON that moves": ("json", "", [{"op": "move", "from": "/data/a", "path": "/data/b"}]),
    "JSON that copies": ("json", "", [{"op": "copy", "from": "/data/a", "path": "/data/b"}]),
    "JSON removing nothing": ("json", "", [{"op": "remove", "path": "/data/nope"}]),
    "JSON removing nowhere": ("json", "", [{"op": "remove", "path": "/nope/nope"}]),
    "JSON replacing nothing": ("json", "", [{"op": "replace", "path": "/data/nope", "value": "1"}]),
    "JSON adding nowhere": ("json", "", [{"op": "add", "path": "/nope/x", "value": "1"}]),
    "JSON doing nothing known": ("json", "", [{"op": "foo", "path": "/data/x", "value": "1"}]),
    "JSON that is an object": ("json", "", {"data": {}}),
    "JSON of an unknown field, strictly": ("json", "?fieldValidation=Strict", [
        {"op": "add", "path": "/foo", "value": "1"},
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch(both, maps, name):
    kind, query, body = PATCHES[name]

    def request(caller):
        caller.post(maps, config_map(a="1", c="3"))
        return [caller.patch(f"{maps}/zz{query}", body, kind), caller.get(f"{maps}/zz")]

    both.same(request)


def test_a_patch_of_nothing_there(both, maps):
    both.same(lambda caller: caller.patch(f"{maps}/nope", {"data": {}}))


def test_a_patch_in_no_known_language(both, maps):
    def request(caller):
        caller.post(maps, config_map(a="1"))
        return caller.call("PATCH", f"{maps}/zz", {"data": {}}, content_type="application/json")

    both.same(request)


STRATEGIC = {
    "containers are merged by name": {
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "x:2"}]}}}
    },
    "a container is added": {"spec": {"template": {"spec": {"containers": [{"name": "d", "image": "y:1"}]}}}},
    "a container is deleted": {
        "spec": {
            "template": {
                "spec": {"containers": [{"name": "d", "image": "y:1"}, {"name": "c", "$patch": "delete"}]}
            }
        }
    },
    "the order is set": {
        "spec": {
            "template": {
                "spec": {
                    "$setElementOrder/containers": [{"name": "d"}, {"name": "c"}],
                    "containers": [{"name": "d", "image": "y:1"}],
                }
            }
        }
    },
    "the strategy keeps its keys": {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
    "ports are merged by number": {
        "spec": {"template": {"spec": {"containers": [{"name": "c", "ports": [{"containerPort": 80}]}]}}}
    },
    "annotations are merged": {
        "spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "x"}}}}
    },
    "a container without its key": {"spec": {"template": {"spec": {"containers": [{"image": "x:2"}]}}}},
    "paused": {"spec": {"paused": True}},
    "replicas": {"spec": {"replicas": 0, "minReadySeconds": 5}},
    "the selector is settled": {"spec": {"selector": {"matchLabels": {"a": "c"}}}},
    "a negative number": {"spec": {"replicas": -1}},
    "never restarted": {"spec": {"template": {"spec": {"restartPolicy": "Never"}}}},
    "no surge and nothing less": {
        "spec": {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}
    },
    "a wrong surge": {"spec": {"strategy": {"rollingUpdate": {"maxSurge": "a%"}}}},
}


@pytest.mark.parametrize("name", STRATEGIC)
def test_a_strategic_patch_of_a_deployment(both, deployments, name):
    def request(caller):
        caller.post(deployments, deployment())
        return caller.patch(f"{deployments}/zz", STRATEGIC[name], "strategic")

    both.same(lambda caller: strip_status(request(caller)))


def strip_status(reply):
    """What the controllers say of a Deployment comes when it comes."""
    if reply.status != 200:
        return reply
    body = dict(reply.json, status={}, metadata=dict(reply.json["metadata"]))
    body["metadata"].pop("annotations", None)
    body["metadata"]["managedFields"] = [
        one for one in body["metadata"]["managedFields"] if one["manager"] == "quarterdeck-tests"
    ]
    return [reply.status, body]


def apply(caller, path, body, manager="a", more=""):
    return caller.patch(f"{path}?fieldManager={manager}{more}", body, "apply")


def test_apply_and_its_managers(both, maps):
    path = f"{maps}/zz"

    def request(caller):
        return [
            caller.patch(path, config_map(a="1"), "apply"),
            apply(caller, path, config_map(a="1"), more="&dryRun=All"),
            apply(caller, path, config_map(a="1", c="3")),
            apply(caller, path, config_map(a="1", c="3")),
            apply(caller, path, config_map(a="2"), "b"),
            apply(caller, path, config_map(a="2", b="2"), "b", "&force=true"),
            caller.patch(path, {"data": {"x": "y", "b": "9"}}),
            apply(caller, path, config_map(a="3", b="2", x="n"), "c"),
            apply(caller, path, config_map(a="2"), "b"),
            apply(caller, path, {"apiVersion": "v1", "kind": "ConfigMap"}, "b"),
            apply(caller, path, config_map(c="3"), "d"),
            apply(caller, path, config_map(c="4"), "d"),
            apply(caller, path, config_map(c="3"), "a"),
            caller.put(path, config_map(a="1")),
        ]

    both.same(request)


WRONG = {
    "no kind": {"data": {"a": "b"}},
    "no kind but a version": {"apiVersion": "v1", "data": {"a": "b"}},
    "another kind": {"apiVersion": "v1", "kind": "Secret", "data": {"a": "b"}},
    "another version": {"apiVersion": "apps/v1", "kind": "ConfigMap"},
    "another name": config_map("other"),
    "another namespace": config_map(metadata={"namespace": "pay"}),
    "an old version": config_map(metadata={"resourceVersion": "3"}),
    "managed fields": config_map(metadata={"managedFields": [{}]}),
    "an unknown field": config_map() | {"foo": 1},
    "an unknown field of metadata": config_map(metadata={"foo": "x"}),
    "a wrong type": config_map(a=2),
    "a list": "- a",
}


@pytest.mark.parametrize("name", WRONG)
def test_apply_of_something_wrong(both, maps, name):
    def request(caller):
        caller.post(maps, config_map(a="1"))
        return apply(caller, f"{maps}/zz", WRONG[name])

    both.same(request)


def test_apply_in_yaml(both, maps):
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: zz\n"
    text = head + "  annotations: {a: 'on', b: \"1\"}\ndata:\n  a: |\n    b\n"
    both.same(lambda caller: apply(caller, f"{maps}/zz", text))


def test_apply_of_a_deployment(both, deployments):
    path = f"{deployments}/zz"
    first = deployment()
    first["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "2"},
    ]
    second = deployment()
    second["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "B", "value": "3"}]
    other = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "C", "value": "x"}]}]}}},
    }

    def request(caller):
        return [
            strip_status(apply(caller, path, one, manager, more))
            for one, manager, more in (
                (first, "a", ""),
                (other, "b", ""),
                (second, "a", ""),
                (second, "b", ""),
            )
        ]

    both.same(request)


def test_apply_of_a_custom_kind(both, widgets):
    path = f"{widgets}/zz"

    def request(caller):
        return [
            apply(caller, path, {"apiVersion": "example.com/v1", "kind": "Widget", "spec": {"size": 1}}),
            apply(caller, path, widget(spec={"size": 1}, foo=1)),
            apply(caller, path, widget(spec={"size": "x"})),
            apply(caller, path, widget(spec={"size": 1, "colour": "red"})),
            apply(caller, path, widget(spec={"size": 1})),
            apply(caller, path, widget(spec={"size": 2}), "b"),
            apply(caller, f"{path}/status", widget(status={"size": 2}), "c"),
            caller.get(path),
        ]

    both.same(request)


def test_a_custom_kind_is_patched_and_put(both, widgets):
    path = f"{widgets}/zz"

    def request(caller):
        return [
            caller.post(widgets, widget(spec={"size": 1}, status={"size": 9})),
            caller.patch(path, {"spec": {"size": 2}}, "strategic"),
            caller.patch(path, {"spec": {"size": 2}, "status": {"size": 7}}),
            caller.patch(
                f"{path}/status",
                {"spec": {"size": 9}, "status": {"size": 4}, "metadata": {"labels": {"a": "b"}}},
            ),
            caller.patch(f"{path}/status", {"status": {"size": "x"}}),
            caller.patch(path, {"spec": {"nope": 1}}),
            caller.patch(path, {"spec": {"nope": 1}}, headers={}),
            caller.put(path, widget(spec={"size": 2})),
            caller.put(path, widget(metadata={"resourceVersion": "1"}, spec={"size": 2})),
            caller.get(f"{path}/status"),
            caller.get(path),
        ]

    both.same(request)


def test_a_custom_kind_is_scaled(both, widgets):
    path = f"{widgets}/zz"

    def request(caller):
        return [
            caller.get(f"{path}/scale"),
            caller.post(widgets, widget(spec={"size": 1})).status,
            caller.get(f"{path}/scale"),
            caller.patch(f"{path}/scale", {"spec": {"replicas": 5}}),
            caller.put(f"{path}/scale", {"spec": {"replicas": 5}}),
            caller.put(f"{path}/scale", {"metadata": {"name": "zz"}, "spec": {"replicas": 3}}),
            caller.patch(f"{path}/scale", {"spec": {"replicas": -5}}),
            caller.patch(f"{path}/scale", {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 5}}),
            caller.patch(f"{path}/scale", {"spec": {"replicas": "x"}}),
            caller.get(path),
        ]

    both.same(request)


def test_a_deployment_is_scaled(both, deployments):
    path = f"{deployments}/zz"
    template = TEMPLATE | {"spec": {"nodeSelector": {"no": "such"}, "containers": [CONTAINER]}}

    def request(caller):
        return [
            caller.post(deployments, deployment(template=template)).status,
            caller.patch(f"{path}/scale?dryRun=All", {"spec": {"replicas": 3}}),
            caller.patch(f"{path}/scale", {"spec": {"replicas": -3}}),
            caller.put(f"{path}/scale?dryRun=All", {"metadata": {"name": "zz"}, "spec": {"replicas": 3}}),
            caller.put(f"{path}/scale?dryRun=All", {"metadata": {"name": "yy"}, "spec": {"replicas": 3}}),
        ]

    both.same(request)


PUTS = {
    "the same": config_map(a="1"),
    "at an old version": config_map(metadata={"resourceVersion": "5"}),
    "of another name": config_map("zip"),
    "of no name": config_map() | {"metadata": {}},
    "of another uid": config_map(metadata={"uid": "1"}),
    "of another namespace": config_map(metadata={"namespace": "pay"}),
    "of another kind": config_map() | {"kind": "Secret"},
    "with labels": config_map(metadata={"labels": {"a": "b"}}, q="r"),
    "of no JSON": "abc",
}


@pytest.mark.parametrize("name", PUTS)
def test_a_put(both, maps, name):
    def request(caller):
        caller.post(maps, config_map(a="1", c="3"))
        return [caller.put(f"{maps}/zz", PUTS[name]), caller.put(f"{maps}/nope", PUTS[name])]

    both.same(request)


OPTIONS = [
    "dryRun=foo",
    "fieldValidation=foo",
    f"fieldManager={'x' * 129}",
    "dryRun=All&dryRun=x",
    "fieldManager=me%0A",
]


@pytest.mark.parametrize("query", OPTIONS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_an_option_that_is_wrong(both, maps, method, query):
    path = f"{maps}?{query}" if method == "POST" else f"{maps}/zz?{query}"
    media = "application/merge-patch+json" if method == "PATCH" else "application/json"
    both.same_request(method, path, config_map(a="1"), content_type=media)


BODIES = {
    "nothing": "", "a list": "[]", "null": "null", "a number": "5", "no JSON": "abc", "half": '{"a":', "a text": '"a"',
    "doubles": '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"zz","name":"zz"},"data":{},"data":{}}',
    "another version": '{"apiVersion":"apps/v1","kind":"ConfigMap","metadata":{"name":"zz"}}',
    "another kind": '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"zz"}}',
    "a wrong version": '{"apiVersion":"x/y/z","kind":"ConfigMap","metadata":{"name":"zz"}}',
    "no kind": '{"metadata":{"name":"zz"}}',
    "a generated name": '{"metadata":{"generateName":"made-"}}',
    "no name": '{"metadata":{}}',
    "another namespace": '{"metadata":{"name":"zz","namespace":"pay"}}',
    "a resource version": '{"metadata":{"name":"zz","resourceVersion":"5"}}',
}  # fmt: skip


@pytest.mark.parametrize("validation", ["Strict", "Warn", "Ignore"])
@pytest.mark.parametrize("name", BODIES)
def test_a_body(both, maps, name, validation):
    both.same_request("POST", f"{maps}?fieldValidation={validation}", BODIES[name])


def test_a_body_in_yaml(both, maps):
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: zz}\ndata: {a: 'x', b: \"0777\"}\n---\nkind: Other\n"
    both.same_request("POST", maps, text, content_type="application/yaml")


def test_a_body_in_an_unknown_form(both, maps):
    both.same_request("POST", maps, "x", content_type="text/plain")


def test_creation_in_no_namespace(both):
    both.same_request("POST", "/api/v1/namespaces/nope/configmaps", config_map())


def test_creation_again(both, maps):
    both.same(lambda caller: [caller.post(maps, config_map()), caller.post(maps, config_map())])
