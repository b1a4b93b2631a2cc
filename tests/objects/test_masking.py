"""Masking: no value of a Secret leaves the server, in whatever form the Secret has it."""

import base64
import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from dashboard.kinds.masking import Hidden, value_of
from dashboard.kinds.table import kind_of, mask

CANARY = "canary-5f3a"


def build_secret(value=CANARY, **changes):
    encoded = base64.b64encode(value.encode()).decode()
    applied = json.dumps({"kind": "Secret", "stringData": {"password": value}, "data": {"password": encoded}})
    made = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": "db",
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": applied,
                "tool.example/copy": f' {{"password": "{value}"}}',
                "tool.example/gzip": encoded * 40,
                "note": "rotated in May",
                "meta.helm.sh/release-name": "shop",
            },
            "managedFields": [
                {
                    "manager": "kubectl",
                    "fieldsV1": {
                        "f:data": {".": {}, "f:password": {}, f'v:"{value}"': {}, f'k:{{"a":"{value}"}}': {}}
                    },
                }
            ],
        },
        "data": {"password": encoded, "broken": "%%%" + value},
        "stringData": {"password": value},
    }
    return made | changes


def contains_value(shown, value=CANARY):
    text = repr(shown) + json.dumps(shown, default=str, ensure_ascii=False)
    return value in text or base64.b64encode(value.encode()).decode().rstrip("=") in text


def test_it_hides_every_copy_of_a_value():
    shown = mask(build_secret())
    assert not contains_value(shown)
    assert shown["data"]["password"] == Hidden(len(CANARY))
    assert str(shown["data"]["password"]) == "‹hidden: 11 bytes›"


def test_it_leaves_what_is_no_value():
    shown = mask(build_secret())
    assert shown["type"] == "Opaque"
    assert shown["metadata"]["annotations"]["meta.helm.sh/release-name"] == "shop"
    assert "f:password" in shown["metadata"]["managedFields"][0]["fieldsV1"]["f:data"]


def test_it_does_not_change_what_it_was_given():
    found = build_secret()
    before = copy.deepcopy(found)
    mask(found)
    assert found == before


def test_it_hides_values_of_wrong_types():
    for field in ("data", "stringData"):
        for value in (CANARY, [CANARY], {"a": {"b": CANARY}}, {"a": [CANARY]}):
            assert not contains_value(mask(build_secret(**{field: value})))


def test_it_hides_what_is_nested_beyond_all_reason():
    deep = CANARY
    for _ in range(900):
        deep = {"a": deep}
    metadata = {"annotations": {"deep": deep}, "managedFields": [deep]}
    assert CANARY not in repr(mask(build_secret(data=deep, stringData=[deep], metadata=metadata)))


def test_it_bears_a_secret_without_parts():
    assert mask({"apiVersion": "v1", "kind": "Secret"})["kind"] == "Secret"
    assert mask({"apiVersion": "v1", "kind": "Secret", "metadata": "x", "data": None})["metadata"] == Hidden(
        1
    )


def test_it_masks_core_secrets_alone():
    other = {"apiVersion": "example.com/v1", "kind": "Secret", "data": {"a": "b"}}
    assert kind_of(other).value_fields == ()
    assert mask(other) is other


def test_it_gives_one_value_by_its_key():
    assert value_of(build_secret(), "password") == CANARY.encode()
    assert value_of(build_secret(), "broken") == f"%%%{CANARY}".encode()
    assert value_of(build_secret(), "nothing") is None
    assert value_of({"data": "x"}, "a") is None


@given(st.text(min_size=6, alphabet=st.characters(codec="utf-8", exclude_characters='"\\')))
def test_it_hides_whatever_the_value_is(value):
    # a value that is also a word of every Secret's frame proves nothing
    if not contains_value(mask(build_secret(CANARY)), value):
        assert not contains_value(mask(build_secret(value)), value)
