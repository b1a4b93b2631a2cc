"""The edit page on a real API server: review, save, refusals, and nothing typed is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.edit.editor import open_editor

CONFIG_MAP = "/c/harbour/shop/configmaps/edited"


@pytest.fixture
def edited(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    """A ConfigMap `edited` in shop, and no trace of it afterwards."""
    data = {"color": "teal", "on": "no", "mode": "0777", "text": "a\n  b\n\n", "version": "1.10"}
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "edited", "namespace": "shop"}}
    controlplane.create([{**made, "data": data}])
    yield controlplane
    controlplane.kubectl("delete", "configmap", "edited", "-n", "shop", "--ignore-not-found")


def fetch(plane: ControlPlane, what: str = "configmap/edited") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plane.kubectl("get", what, "-n", "shop", "-o", "json"))
    return found


def count_writes(plane: ControlPlane, name: str, user: str) -> int:
    """How many writes of this object by this user the API server saw, dry runs included."""
    events = (json.loads(line) for line in plane.audit_log.read_text().splitlines() if f'"{name}"' in line)
    return sum(one["user"]["username"] == user and one["verb"] not in ("get", "watch") for one in events)


def test_opening_and_saving_changes_nothing(edited: ControlPlane, dashboard_server: DashboardServer) -> None:
    before = fetch(edited)
    page = open_editor(dashboard_server, "dana", CONFIG_MAP)
    reviewed = page.review(page.text)
    assert reviewed.status == 200
    assert "Nothing would change." in reviewed.html
    saved = page.send(page.text, step="save", reviewed=reviewed.fields["reviewed"])
    assert saved.status == 302
    assert fetch(edited) == before


def test_a_change_is_reviewed_and_then_saved_and_the_cluster_shows_it(
    edited: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_editor(dashboard_server, "dana", CONFIG_MAP)
    typed = page.text.replace("color: teal", "color: coral\n  added: yes it is")
    reviewed = page.review(typed)
    assert reviewed.status == 200
    assert reviewed.text == typed
    assert "color: coral" in reviewed.html
    assert "color: teal" in reviewed.html
    assert fetch(edited)["data"]["color"] == "teal", "a review writes nothing"
    assert reviewed.save().status == 302
    found = fetch(edited)
    assert found["data"]["color"] == "coral"
    assert found["data"]["added"] == "yes it is"
    managers = {one["manager"] for one in json.loads(
        edited.kubectl("get", "configmap/edited", "-n", "shop", "-o", "json", "--show-managed-fields")
    )["metadata"]["managedFields"]}  # fmt: skip
    assert "quarterdeck" in managers


def test_what_was_not_reviewed_is_reviewed_before_it_is_saved(
    edited: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_editor(dashboard_server, "dana", CONFIG_MAP)
    first = page.review(page.text.replace("teal", "coral"))
    second = first.save(page.text.replace("teal", "plum"))
    assert second.status == 200
    assert "The text changed after the review." in second.html
    assert fetch(edited)["data"]["color"] == "teal"
    assert second.save().status == 302
    assert fetch(edited)["data"]["color"] == "plum"


def test_a_version_that_is_no_longer_there_is_a_conflict_and_keeps_the_text(
    edited: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_editor(dashboard_server, "dana", CONFIG_MAP)
    typed = page.text.replace("teal", "coral")
    reviewed = page.review(typed)
    edited.kubectl("label", "configmap", "edited", "-n", "shop", "team=blue")
    conflict = reviewed.save()
    assert conflict.status == 409
    assert conflict.text == typed
    assert fetch(edited)["data"]["color"] == "teal"


def test_a_change_of_the_status_alone_is_no_conflict(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    """Nothing of what is edited changed: what was typed is saved, and the status stays as it is."""
    name = {"name": "restated", "namespace": "shop"}
    controlplane.create(
        [{"apiVersion": "example.com/v1", "kind": "Widget", "metadata": name, "spec": {"size": 1}}]
    )
    status = ("patch", "widget", "restated", "-n", "shop", "--subresource=status", "--type=merge", "-p")
    try:
        page = open_editor(dashboard_server, "ada", "/c/harbour/shop/widgets.example.com/restated")
        controlplane.kubectl(*status, '{"status": {"size": 5}}')
        reviewed = page.review(page.text.replace("size: 1", "size: 2"))
        assert reviewed.status == 200, reviewed.html
        controlplane.kubectl(*status, '{"status": {"size": 6}}')
        assert reviewed.save().status == 302
        found = fetch(controlplane, "widget/restated")
        assert (found["spec"]["size"], found["status"]["size"]) == (2, 6)
    finally:
        controlplane.kubectl("delete", "widget", "restated", "-n", "shop")


@pytest.mark.parametrize("missing", ["resource_version", "uid"])
def test_without_the_version_nothing_is_sent(
    edited: ControlPlane, dashboard_server: DashboardServer, missing: str
) -> None:
    page = open_editor(dashboard_server, "dana", CONFIG_MAP)
    answer = page.send(page.text.replace("teal", "coral"), step="save", **{missing: ""})
    assert answer.status == 422
    assert fetch(edited)["data"]["color"] == "teal"


@pytest.mark.parametrize(
    ("typed", "said", "line"),
    [
        ("a: b: c", "Not valid YAML", 1),
        ("", "The text is empty", 0),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n", "metadata.name cannot be changed", 4),
        ("apiVersion: v1\nkind: Secret\nmetadata:\n  name: edited\n", "kind cannot be changed", 2),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: edited}\ndata:\n  a: x\n  a: y\n",
            "Duplicate key",
            6,
        ),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: edited}\ndata:\n  a: no\n", "unmarshal", 5),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: edited}\ndate:\n  a: x\n", "unknown field", 4),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: edited\n  labels:\n    a: b!c\n",
            "valid label",
            5,
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_line_and_the_text_is_kept(
    edited: ControlPlane, dashboard_server: DashboardServer, typed: str, said: str, line: int
) -> None:
    page = open_editor(dashboard_server, "dana", CONFIG_MAP).review(typed)
    assert page.status in (400, 422)
    assert page.text == typed
    assert said in page.html
    assert (f"Line {line}</span>" in page.html) == bool(line)


def test_what_reads_otherwise_than_it_looks_is_said(
    edited: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_editor(dashboard_server, "dana", CONFIG_MAP)
    assert "Read otherwise than it looks" not in page.html
    typed = page.text.replace('mode: "0777"', "mode: 0777")
    assert typed != page.text
    assert "“0777” reads as number 511; quote it for text" in page.review(typed).html


@pytest.mark.parametrize("name", ["rene", "rita", "aude"])
def test_who_only_reads_sees_why_and_cannot_by_a_hand_made_request(
    edited: ControlPlane, dashboard_server: DashboardServer, name: str
) -> None:
    page = open_editor(dashboard_server, name, CONFIG_MAP)
    assert page.status == 200
    assert 'name="step"' not in page.html
    assert "readonly" in page.html
    assert "read-only" in page.html
    for step in ("review", "save"):
        assert page.send(page.text.replace("teal", "coral"), step=step).status == 403
    assert count_writes(edited, "edited", name) == 0
    assert fetch(edited)["data"]["color"] == "teal"


def test_a_secret_is_edited_without_its_values(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    controlplane.kubectl(
        "create", "secret", "generic", "edited", "-n", "shop",
        "--from-literal=user=canary-user-value", "--from-literal=word=canary-word-value",
    )  # fmt: skip
    try:
        page = open_editor(dashboard_server, "dana", "/c/harbour/shop/secrets/edited")
        typed = page.text.replace("type: Opaque", "stringData:\n  word: canary-new-value\ntype: Opaque")
        reviewed = page.review(typed)
        assert reviewed.status == 200
        review = reviewed.html[: reviewed.html.index("<form id=")]
        assert "differs" in review
        assert "canary" not in review
        assert "Y2FuYXJ5" not in reviewed.html
        assert reviewed.save().status == 302
        data = fetch(controlplane, "secret/edited")["data"]
        assert data == {"user": "Y2FuYXJ5LXVzZXItdmFsdWU=", "word": "Y2FuYXJ5LW5ldy12YWx1ZQ=="}
        copied = open_editor(dashboard_server, "dana", "/c/harbour/shop/secrets/edited")
        refused = copied.review(copied.text.replace("  user:", "  copy:"))
        assert refused.status == 422
        assert "stands for a hidden value" in refused.html
        strict = copied.review(copied.text.replace("type: Opaque", "unknown: field\ntype: Opaque"))
        assert strict.status == 422
        assert "unknown field" in strict.html  # and not the object that the API server quotes before it
        assert "Y2FuYXJ5" not in strict.html
    finally:
        controlplane.kubectl("delete", "secret", "edited", "-n", "shop")
