"""Contract of lists: pagination, resourceVersions, representations."""

import pytest
import yaml

from tests.contract.bodies import config_map

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
NAMES = ["a", "a-b", "a.b", "b", "c", "d", "e"]


@pytest.fixture(scope="module")
def maps(contenders, own_namespace):
    path = f"{own_namespace}/configmaps"
    for one in contenders.values():
        one.admin.delete(f"{path}/kube-root-ca.crt")
        for name in NAMES:
            one.admin.post(path, config_map(name, {"labels": {"odd": str(NAMES.index(name) % 2)}}, a="b"))
    return path


@pytest.mark.parametrize(
    "query", ["", "?limit=3", "?limit=3&labelSelector=odd%3D0", "?limit=100", "?limit=-1", "?limit=abc"]
)
def test_a_first_page(both, maps, query):
    both.same(lambda caller: trim_metadata(caller.get(f"{maps}{query}")))


@pytest.mark.parametrize("more", ["", "&labelSelector=odd%3D1", "&fieldSelector=metadata.name!%3Db"])
def test_all_pages(both, maps, more):
    both.same(lambda caller: pages(caller, maps, more))


def pages(caller, path, more, accept="application/json"):
    token, found = "", []
    while True:
        reply = caller.get(f"{path}?limit=2{more}{token}", accept=accept)
        names = [
            one["metadata"]["name"]
            for one in reply.json["items"]
            if one["metadata"]["name"] != "kube-root-ca.crt"
        ]
        found.append(
            [names, reply.json["metadata"].get("remainingItemCount"), "continue" in reply.json["metadata"]]
        )
        if "continue" not in reply.json["metadata"]:
            return [names for names, _, _ in found]
        token = f"&continue={reply.json['metadata']['continue']}"


def trim_metadata(reply):
    """The certificate's ConfigMap comes back when it comes."""
    if reply.status != 200:
        return reply
    metadata = {
        key: bool(value) for key, value in reply.json["metadata"].items() if key != "remainingItemCount"
    }
    items = [one for one in reply.json["items"] if one["metadata"]["name"] != "kube-root-ca.crt"]
    return [
        reply.status,
        {key: value for key, value in reply.json.items() if key != "items"} | {"metadata": metadata},
        items[:3],
    ]


def test_a_page_shows_what_was_there_at_the_first(both, maps):
    def request(caller):
        first = caller.get(f"{maps}?limit=2&labelSelector=odd")
        caller.post(maps, config_map("a-c", {"labels": {"odd": "1"}}))
        caller.delete(f"{maps}/c")
        token = first.json["metadata"]["continue"]
        second = caller.get(f"{maps}?limit=20&labelSelector=odd&continue={token}")
        third = caller.get(f"{maps}?labelSelector=odd")
        caller.delete(f"{maps}/a-c")
        caller.post(maps, config_map("c", {"labels": {"odd": "0"}}, a="b"))
        return [[one["metadata"]["name"] for one in reply.json["items"]] for reply in (first, second, third)]

    both.same(request)


def test_an_exact_list_is_that_of_its_version(both, maps):
    """One that is too old is 410 only once etcd was compacted: that moment is not ours to name."""

    def request(caller):
        before = caller.get(maps).json["metadata"]["resourceVersion"]
        caller.post(maps, config_map("later"))
        then = caller.get(f"{maps}?resourceVersion={before}&resourceVersionMatch=Exact")
        now = caller.get(maps)
        caller.delete(f"{maps}/later")
        assert then.json["metadata"]["resourceVersion"] == before
        return [[one["metadata"]["name"] for one in reply.json["items"]] for reply in (then, now)]

    then, now = both.same(request)
    assert "later" in now
    assert "later" not in then


WRONG = [
    "?resourceVersion=abc", "?resourceVersionMatch=Exact", "?resourceVersion=5&resourceVersionMatch=foo",
    "?resourceVersion=0&resourceVersionMatch=Exact", "?continue=abc", "?continue=abc&resourceVersion=3&limit=1",
    "?sendInitialEvents=true", "?watch=1&sendInitialEvents=true",
    "?watch=1&resourceVersionMatch=NotOlderThan", "?watch=1&resourceVersion=abc", "?watch=1&timeoutSeconds=abc",
    "?watch=1&sendInitialEvents=true&resourceVersionMatch=Exact",
    "?continue=abc&resourceVersionMatch=Exact&resourceVersion=5",
    "?resourceVersion=99999999", "?labelSelector=%3D%3D&resourceVersion=abc",
]  # fmt: skip


@pytest.mark.parametrize("query", WRONG)
def test_a_wrong_query(both, maps, query):
    def request(caller):
        reply = caller.get(f"{maps}{query}")
        if reply.json is not None and "current:" in reply.message:
            return [reply.status, reply.json["details"], reply.message.partition("current:")[0]]
        return reply

    both.same(request)


@pytest.mark.parametrize("query", ["?resourceVersion=abc", "?resourceVersion=0", "?resourceVersion=1"])
def test_one_object_at_a_version(both, maps, query):
    def request(caller):
        reply = caller.get(f"{maps}/a{query}")
        return reply if reply.status != 504 else [reply.status, reply.json["details"]]

    both.same(request)


@pytest.mark.parametrize(
    "accept",
    [
        "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
        "application/json;as=PartialObjectMetadataList;v=v1beta1;g=meta.k8s.io",
        "application/json;as=Table;v=v1;g=meta.k8s.io",
        "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
        "application/json,application/json;as=Table;v=v1;g=meta.k8s.io",
        "application/json;as=Foo;v=v1;g=meta.k8s.io,application/json",
        "application/vnd.kubernetes.protobuf;q=0.5,application/json",
        "*/*",
        "application/*",
        "",
    ],
)
def test_a_form(both, maps, accept):
    def request(caller):
        listed, one = (
            caller.get(f"{maps}?fieldSelector=metadata.name%3Da", accept=accept),
            caller.get(f"{maps}/a", accept=accept),
        )
        return [listed, one]

    both.same(request)


@pytest.mark.parametrize("include", ["None", "Metadata", "Object", "none", ""])
def test_what_a_table_includes(both, maps, include):
    both.same_request("GET", f"{maps}?fieldSelector=metadata.name%3Da&includeObject={include}", accept=TABLE)


def test_a_response_in_yaml(both, maps):
    both.same(
        lambda caller: yaml.load(
            caller.get(f"{maps}/a", accept="application/yaml").body, Loader=yaml.CSafeLoader
        )
    )


@pytest.mark.parametrize(
    "path", ["/apis/example.com/v1/namespaces/shop/nothing", "/apis/example.com/v1/fleets"]
)
def test_custom_kinds(both, path):
    both.same_request("GET", f"{path}?labelSelector=none", accept=TABLE)


@pytest.mark.parametrize("kind", ["widgets", "gadgets"])
def test_the_columns_of_a_custom_kind(both, own_namespace, kind):
    path = f"/apis/example.com/v1/{own_namespace.removeprefix('/api/v1/')}/{kind}"
    status = {"conditions": [{"type": "Ready", "status": "True", "message": "all is well"}]}

    def request(caller):
        body = {"metadata": {"name": "one"}, "spec": {"size": 3, "colour": "red"}}
        made = caller.post(path, {"apiVersion": "example.com/v1", "kind": kind.title()[:-1]} | body)
        caller.patch(f"{path}/one/status", {"status": status})
        replies = [made.status, caller.get(path, accept=TABLE), caller.get(f"{path}/one", accept=TABLE)]
        caller.delete(f"{path}/one")
        return replies

    both.same(request)


def test_the_columns_of_a_custom_kind_in_another_version(both, own_namespace):
    path = f"/apis/example.com/v1alpha1/{own_namespace.removeprefix('/api/v1/')}/widgets"

    def request(caller):
        body = {"apiVersion": "example.com/v1alpha1", "kind": "Widget", "metadata": {"name": "old"}}
        replies = [caller.post(path, body | {"spec": {"size": 3}}), caller.get(path, accept=TABLE)]
        replies += [caller.get(f"{path.replace('v1alpha1', 'v1')}/old")]
        caller.delete(f"{path}/old")
        return replies

    both.same(request)
