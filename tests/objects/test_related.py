"""Related objects: what an object names and selects."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.kinds.selectors import format_labels, format_selector
from dashboard.kinds.table import KINDS, kind_of
from tests.address.catalog import LINKS

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "nodeName": "n1",
        "serviceAccountName": "robot",
        "imagePullSecrets": [{"name": "pull"}],
        "volumes": [
            {"name": "a", "configMap": {"name": "settings"}},
            {"name": "b", "secret": {"secretName": "keys"}},
            {"name": "c", "persistentVolumeClaim": {"claimName": "disk"}},
            {"name": "d", "projected": {"sources": [{"secret": {"name": "more-keys"}}]}},
        ],
        "initContainers": [{"name": "i", "envFrom": [{"configMapRef": {"name": "env"}}]}],
        "containers": [
            {"name": "c", "env": [{"valueFrom": {"secretKeyRef": {"name": "env-keys", "key": "x"}}}]}
        ],
    },
}


def list_references(found):
    return {(one.kind, one.name, one.namespace) for one in kind_of(found).find_references(found)}


def test_it_finds_all_that_a_pod_names():
    assert list_references(POD) == {
        ("Node", "n1", ""),
        ("ServiceAccount", "robot", "shop"),
        ("Secret", "pull", "shop"),
        ("ConfigMap", "settings", "shop"),
        ("Secret", "keys", "shop"),
        ("PersistentVolumeClaim", "disk", "shop"),
        ("Secret", "more-keys", "shop"),
        ("ConfigMap", "env", "shop"),
        ("Secret", "env-keys", "shop"),
    }


def test_it_finds_the_pods_of_a_deployment():
    found = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": POD["spec"]}},
    }
    assert [(one.kind, one.namespace, one.labels) for one in kind_of(found).find_picks(found)] == [
        ("ReplicaSet", "shop", "app=web"),
        ("Pod", "shop", "app=web"),
    ]
    assert ("Secret", "keys", "shop") in list_references(found)


def test_it_finds_the_other_side_of_a_claim_and_a_binding():
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "spec": {"claimRef": {"name": "disk", "namespace": "shop"}, "storageClassName": "fast"},
    }
    assert list_references(volume) == {
        ("PersistentVolumeClaim", "disk", "shop"),
        ("StorageClass", "fast", ""),
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"namespace": "shop"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": "pay"}],
    }
    assert list_references(binding) == {("ClusterRole", "edit", "shop"), ("ServiceAccount", "robot", "pay")}


def test_it_finds_references_in_kinds_that_nobody_wrote_down():
    found = {
        "apiVersion": "example.com/v1",
        "kind": "Backup",
        "metadata": {"namespace": "shop"},
        "spec": {
            "of": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"}],
            "bad": {"kind": 5, "name": {}},
        },
    }
    assert [(one.group, one.kind, one.name) for one in kind_of(found).find_references(found)] == [
        ("apps", "StatefulSet", "db"),
    ]


def test_it_writes_selectors_as_kubectl_takes_them():
    selector = {
        "matchLabels": {"b": "2", "a": "1"},
        "matchExpressions": [
            {"key": "env", "operator": "In", "values": ["x", "y"]},
            {"key": "tier", "operator": "NotIn", "values": ["z"]},
            {"key": "old", "operator": "DoesNotExist"},
            {"key": "new", "operator": "Exists"},
        ],
    }
    assert format_selector(selector) == "a=1,b=2,env in (x,y),tier notin (z),!old,new"
    assert format_labels({}) == format_selector({}) == ""


def test_it_selects_nothing_by_an_empty_selector():
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": {},
    }
    assert [one.kind for one in kind_of(service).find_picks(service)] == ["EndpointSlice"]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)
KNOWN_KINDS = sorted(KINDS)
FIELDS = st.sampled_from(
    [
        "spec",
        "status",
        "metadata",
        "template",
        "selector",
        "containers",
        "volumes",
        "env",
        "rules",
        "subjects",
        "roleRef",
        "tls",
        "backend",
        "http",
        "paths",
        "ports",
        "endpoints",
        "targetRef",
        "conditions",
        "labels",
        "containerStatuses",
        "initContainerStatuses",
        "state",
        "terminated",
        "lastState",
        "resources",
        "limits",
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KNOWN_KINDS), st.dictionaries(FIELDS, JSON, max_size=5), st.data())
def test_it_bears_every_kind_with_parts_of_any_type(kind, found, data):
    inner = data.draw(st.dictionaries(FIELDS, JSON, max_size=5))
    api_version = f"{kind[0]}/v1" if kind[0] else "v1"
    for spec in (found, {"spec": found, "status": inner}, {"spec": {"template": {"spec": inner}}, **inner}):
        whole = {**spec, "apiVersion": api_version, "kind": kind[1]}
        special = kind_of(whole)
        list(special.find_references(whole))
        list(special.find_picks(whole))
        special.select_events(whole)
        special.summarize(whole, LINKS)
