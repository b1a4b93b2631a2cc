"""Facts: what an object page says of any object."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.kinds import facts
from dashboard.kinds.table import ALL_TONES, mask


def read_metadata(found):
    return facts.meta(
        found,
        owner_url=lambda api_version, kind, name: f"/{api_version}/{kind}/{name}",
        label_url=lambda key, value: f"?{key}={value}",
    )


def read_condition_level(kind, status, reason=""):
    found = {"status": {"conditions": [{"type": kind, "status": status, "reason": reason}]}}
    return facts.conditions(found, ALL_TONES)[0].level


def test_it_distinguishes_good_conditions_from_bad_ones():
    assert read_condition_level("Ready", "True") == "ok"
    assert read_condition_level("Ready", "False") == "warning"
    assert read_condition_level("Ready", "Unknown") == "unknown"
    assert read_condition_level("Ready", "False", "PodCompleted") == "done"
    assert read_condition_level("MemoryPressure", "False") == "ok"
    assert read_condition_level("MemoryPressure", "True") == "error"
    assert read_condition_level("Whatever", "") == "unknown"


def test_it_reads_object_meta_in_full():
    found = {
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "u",
            "resourceVersion": "7",
            "generation": 3,
            "creationTimestamp": "2026-11-24T10:00:00Z",
            "deletionTimestamp": "2026-11-24T11:00:00Z",
            "deletionGracePeriodSeconds": 30,
            "labels": {"b": "2", "a": "1"},
            "annotations": {"short": "x", "long": "y" * 500},
            "finalizers": ["example.com/hold"],
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "controller": True}
            ],
            "managedFields": [
                {
                    "manager": "kubectl",
                    "operation": "Apply",
                    "time": "2026-11-24T10:00:00Z",
                    "fieldsV1": {"f:spec": {"f:a": {}, "f:b": {".": {}, "f:c": {}}}},
                }
            ],
        },
        "status": {"observedGeneration": 2},
    }
    meta = read_metadata(found)
    assert [(label.key, label.url) for label in meta.labels] == [("a", "?a=1"), ("b", "?b=2")]
    assert [(one.key, one.is_long, one.size) for one in meta.annotations] == [
        ("long", True, 500),
        ("short", False, 1),
    ]
    assert meta.owners[0].url == "/apps/v1/ReplicaSet/r"
    assert meta.owners[0].is_controller
    assert (meta.managers[0].name, meta.managers[0].fields) == ("kubectl", 2)
    assert (meta.grace, meta.finalizers) == (30, ["example.com/hold"])
    assert meta.is_behind


def test_it_says_how_an_object_stands_in_one_word():
    assert (
        facts.state({"metadata": {"deletionTimestamp": "x"}, "status": {"phase": "Active"}}, ALL_TONES).word
        == "Terminating"
    )
    assert facts.state({"status": {"phase": "Bound"}}, ALL_TONES) == facts.ObjectState("ok", "Bound")
    ready = {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    assert facts.state(ready, ALL_TONES) == facts.ObjectState("warning", "NotReady")
    assert facts.state({"spec": {}}, ALL_TONES) is None


def test_it_never_says_what_was_masked():
    found = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "canary"}},
    }
    annotation = read_metadata(mask(found)).annotations[0]
    assert (annotation.value, annotation.is_hidden, annotation.size) == ("", True, 6)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON, JSON, JSON)
def test_it_bears_parts_of_any_type(metadata, conditions, labels):
    for found in (
        {"metadata": metadata, "status": {"conditions": conditions}},
        {
            "metadata": {"labels": labels, "annotations": metadata, "ownerReferences": conditions},
            "status": labels,
        },
        {"metadata": {"managedFields": [{"fieldsV1": labels}], "finalizers": conditions}},
    ):
        read_metadata(found)
        facts.conditions(found, ALL_TONES)
        facts.state(found, ALL_TONES)
