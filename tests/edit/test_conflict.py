"""Conflicts of edits on a real API server: two people edit at once, and neither loses a word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.axe import find_violations
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.edit.editor import open_editor
from tests.edit.test_in_browser import replace_text
from tests.live.pages import Opener, open_as

__all__ = ["open_as"]
CHOICE = re.compile(r'name="(choice-[0-9a-f]+)" value="yours"')
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: disputed, namespace: shop, labels: {team: blue}}
spec:
  replicas: 0
  selector: {matchLabels: {app: disputed}}
  template:
    metadata: {labels: {app: disputed}}
    spec:
      containers:
      - {name: main, image: "example.com/main:1", env: [{name: A, value: "1"}]}
      - {name: side, image: "example.com/side:1"}
"""


@pytest.fixture
def disputed(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    controlplane.kubectl("create", "-f", "-", input=DEPLOYMENT)
    yield controlplane
    controlplane.kubectl("delete", "deployment", "disputed", "-n", "shop", "--ignore-not-found")


def fetch(plane: ControlPlane, what: str) -> Any:
    return json.loads(plane.kubectl("get", what, "-n", "shop", "-o", "json"))


def test_two_people_edit_at_once_and_neither_loses_a_word(disputed: ControlPlane, open_as: Opener) -> None:
    path = "/c/harbour/shop/deployments.apps/disputed/edit"
    ada, dana = open_as("ada", path), open_as("dana", path)
    replace_text(ada, "side:1", "side:2")
    replace_text(dana, "main:1", "main:2")
    for page in (ada, dana):
        page.get_by_role("button", name="Review changes").click()
        expect(page.locator(".review")).to_be_visible()
    ada.get_by_role("button", name="Save").click()
    expect(ada.locator("main")).to_contain_text("Saved disputed.")
    ada.goto(open_as.served.url + path)
    dana.get_by_role("button", name="Save").click()
    expect(dana.locator("main")).to_contain_text("Somebody else changed this object. Nothing was saved.")
    expect(dana.locator(".conflict tr.theirs").filter(has_text="containers[name=side].image")).to_be_visible()
    assert find_violations(dana) == []
    dana.get_by_role("button", name="Merge and review").click()
    expect(dana.locator(".diff .added")).to_contain_text("example.com/main:2")

    replace_text(ada, "team: blue", "team: red")  # while dana reviews
    ada.get_by_role("button", name="Review changes").click()
    ada.get_by_role("button", name="Save").click()
    expect(ada.locator("main")).to_contain_text("Saved disputed.")
    replace_text(dana, "team: blue", "team: green")
    dana.get_by_role("button", name="Review changes").click()
    expect(dana.locator("main")).to_contain_text("1 field was changed by both sides")
    collision = dana.locator(".conflict tr.collision")
    expect(collision).to_contain_text("metadata.labels.team")
    for word in ("blue", "red", "green", "owned by quarterdeck"):
        expect(collision).to_contain_text(word)
    dana.get_by_role("button", name="Merge and review").click()
    expect(dana.locator("main")).to_contain_text("1 field was changed by both sides")  # nothing was chosen
    dana.get_by_label("Keep yours").check()
    dana.get_by_role("button", name="Merge and review").click()
    expect(dana.locator("main")).to_contain_text("Check the review, then save.")
    key = dana.locator("input[name=draft]").input_value()
    dana.get_by_role("button", name="Save").click()
    expect(dana.locator("main")).to_contain_text("Saved disputed.")
    found = fetch(disputed, "deployment/disputed")
    images = [one["image"] for one in found["spec"]["template"]["spec"]["containers"]]
    assert images == ["example.com/main:2", "example.com/side:2"]
    assert found["metadata"]["labels"] == {"team": "green"}
    dana.goto(f"{open_as.served.url}/c/_drafts/{key}")
    expect(dana.locator("main")).to_contain_text("Page not found")


def test_a_conflict_keeps_the_text_and_merges_what_kubectl_changed(
    disputed: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_editor(dashboard_server, "dana", "/c/harbour/shop/deployments.apps/disputed")
    typed = page.text.replace("- name: A", "- name: B\n          value: b\n        - name: A") + "# word\n"
    reviewed = page.review(typed)
    assert reviewed.status == 200, reviewed.html
    disputed.kubectl("set", "env", "deployment/disputed", "-n", "shop", "-c", "main", "C=c", "A=2")
    conflict = reviewed.save()
    assert conflict.status == 409
    assert conflict.text == typed
    assert "Comments in your text are not carried over." in conflict.html
    assert "owned by kubectl" in conflict.html
    merged = conflict.send(typed, step="merge")
    assert merged.status == 200, merged.html
    assert merged.save().status == 302
    env = fetch(disputed, "deployment/disputed")["spec"]["template"]["spec"]["containers"][0]["env"]
    assert sorted((one["name"], one["value"]) for one in env) == [("A", "2"), ("B", "b"), ("C", "c")]


def test_an_object_that_was_made_anew_is_a_conflict_and_a_hidden_value_always_collides(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    make = ("create", "secret", "generic", "disputed", "-n", "shop")
    controlplane.kubectl(*make, "--from-literal=word=canary-1", "--from-literal=other=1")
    try:
        page = open_editor(dashboard_server, "dana", "/c/harbour/shop/secrets/disputed")
        typed = page.text.replace("type: Opaque", "stringData:\n  word: canary-mine\ntype: Opaque")
        controlplane.kubectl("delete", "secret", "disputed", "-n", "shop")
        controlplane.kubectl(*make, "--from-literal=word=canary-2", "--from-literal=other=2")
        conflict = page.review(typed)
        assert conflict.status == 409
        assert "The object was deleted and created again." in conflict.html
        shown = conflict.html[: conflict.html.index('<form id="edit"')]
        assert "canary" not in shown
        assert "Y2FuYXJ5" not in conflict.html
        names = CHOICE.findall(shown)
        assert len(names) == 1
        undecided = conflict.send(typed, step="merge")
        assert undecided.status == 409
        merged = conflict.send(typed, step="merge", **{names[0]: "yours"})
        assert merged.status == 200, merged.html
        assert merged.save().status == 302
        data = fetch(controlplane, "secret/disputed")["data"]
        assert data == {"word": "Y2FuYXJ5LW1pbmU=", "other": "Mg=="}
    finally:
        controlplane.kubectl("delete", "secret", "disputed", "-n", "shop")


def test_a_hand_made_merge_writes_nothing(disputed: ControlPlane, dashboard_server: DashboardServer) -> None:
    page = open_editor(dashboard_server, "dana", "/c/harbour/shop/deployments.apps/disputed")
    typed = page.text.replace("main:1", "main:2")
    disputed.kubectl("set", "image", "deployment/disputed", "-n", "shop", "main=example.com/main:3")
    before = fetch(disputed, "deployment/disputed")["spec"]
    wrong = {"choice-0123456789abcdef": "yours", "choice-": "theirs", "base": "!"}
    for fields in (wrong, {"base": ""}, {"started": "x"}):
        answer = page.send(typed, step="merge", **fields)
        assert answer.status == 409
        assert answer.text == typed
    rene = open_editor(dashboard_server, "rene", "/c/harbour/shop/deployments.apps/disputed")
    assert rene.send(typed, step="merge").status == 403
    assert fetch(disputed, "deployment/disputed")["spec"] == before
