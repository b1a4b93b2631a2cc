"""YAML is read exactly as kubectl reads it: each text of the table, by kubectl itself and by us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from clusters.changes.errors import UnreadableText
from clusters.changes.reading_yaml import read_documents
from tests.clusters.changes.yaml_table import DOCUMENTS, KEYS, REFUSED, SCALARS
from tests.controlplane.controlplane import ControlPlane, KubectlFailed

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n"


def read_by_kubectl(plane: ControlPlane, text: str) -> list[Any]:
    """The objects as kubectl would send them."""
    options = ("--dry-run=client", "--validate=false", "-o", "json", "-f", "-")
    written = plane.kubectl("create", *options, input=text)
    return list(decode_stream(written))


def decode_stream(text: str) -> Iterator[Any]:
    position = 0
    decoder = json.JSONDecoder()
    while position < len(text.rstrip()):
        value, position = decoder.raw_decode(text, position)
        position += len(text[position:]) - len(text[position:].lstrip())
        yield value


def read_by_us(text: str) -> list[Any]:
    """The objects of the documents, those of lists one by one, in the namespace that kubectl gives them."""
    found: list[Any] = []
    for document in read_documents(text):
        value = document.value
        found += value["items"] if isinstance(value, dict) and "items" in value else [value]
    for one in found:
        one["metadata"].setdefault("namespace", "default")
    return found


def write(value: Any) -> str:
    """As JSON, so that 1 and true differ; numbers above 64 bits are floats, whose digits kubectl writes out."""
    return json.dumps(value, sort_keys=True, default=str) if not is_large(value) else repr(float(value))


def is_large(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) >= 2**63


def assert_same(ours: Any, theirs: Any) -> None:
    """Equal with their types."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        assert sorted(ours) == sorted(theirs)
        for key in ours:
            assert_same(ours[key], theirs[key])
    elif isinstance(ours, list) and isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_same(one, other)
    else:
        assert write(ours) == write(theirs)


def test_there_are_at_least_sixty_scalars_and_documents() -> None:
    assert len(set(SCALARS)) >= 120
    assert len(KEYS) + len(DOCUMENTS) + len(REFUSED) >= 60


def test_each_scalar_is_read_as_by_kubectl(controlplane: ControlPlane) -> None:
    text = HEAD + "data:\n" + "".join(f"  k{n}: {scalar}\n" for n, scalar in enumerate(SCALARS))
    (theirs,), (ours,) = read_by_kubectl(controlplane, text), read_by_us(text)
    differences = {
        scalar: (ours["data"][f"k{n}"], theirs["data"][f"k{n}"])
        for n, scalar in enumerate(SCALARS)
        if write(ours["data"][f"k{n}"]) != write(theirs["data"][f"k{n}"])
    }
    assert differences == {}
    assert len(theirs["data"]) == len(SCALARS)


def test_each_key_is_read_as_by_kubectl(controlplane: ControlPlane) -> None:
    text = HEAD + "keys:\n" + "".join(f"- {{{key}: v}}\n" for key in KEYS)
    (theirs,), (ours,) = read_by_kubectl(controlplane, text), read_by_us(text)
    pairs = zip(KEYS, ours["keys"], theirs["keys"], strict=True)
    assert {key: (mine, other) for key, mine, other in pairs if mine != other} == {}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_is_read_as_by_kubectl(controlplane: ControlPlane, name: str) -> None:
    text = DOCUMENTS[name]
    assert_same(read_by_us(text), read_by_kubectl(controlplane, text))


@pytest.mark.parametrize("name", REFUSED)
def test_what_kubectl_refuses_is_refused_with_its_line(controlplane: ControlPlane, name: str) -> None:
    text, line = REFUSED[name]
    with pytest.raises(KubectlFailed):
        read_by_kubectl(controlplane, text)
    with pytest.raises(UnreadableText) as refused:
        read_documents(text)
    assert refused.value.line == line
    assert refused.value.message
