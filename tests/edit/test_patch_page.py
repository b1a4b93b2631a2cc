"""The apply and patch page on a real API server: as kubectl does it, and force for no field that nobody chose."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests import canary
from tests.actions.pages import read_text
from tests.axe import find_violations
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.edit.editor import EditPage
from tests.edit.test_authors import find_notes
from tests.edit.test_in_browser import fill_text
from tests.edit.test_like_kubectl import SERVER_SET
from tests.live.pages import Opener, open_as

__all__ = ["open_as"]
OURS, THEIRS = "patched-ours", "patched-theirs"
CHOICES = re.compile(r'<code>([^<]*)</code>.*?name="conflict-([0-9a-f]+)" value="keep"', re.DOTALL)
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: %s, namespace: shop, annotations: {example.com/owner: a}}
spec:
  replicas: 0
  selector: {matchLabels: {app: patched}}
  template:
    metadata: {labels: {app: patched}}
    spec: {containers: [{name: main, image: "example.com/main:1"}, {name: side, image: "example.com/side:1"}]}
"""
APPLIED = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: %s
  namespace: shop
  annotations: {example.com/owner: b}
  labels: {applied: "yes"}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: main
        image: example.com/main:2
"""
# the server's log, its database and audit trail are searched for them at the end
WORD = canary.plant("a Secret's value that was patched", "canary-patched-1", is_shown=True)
MORE = canary.plant("a Secret's value that was applied", "canary-applied-2", is_shown=True)
PATCHES = {
    "strategic": "spec:\n  template:\n    spec:\n      containers:\n      - {name: side, image: example.com/side:2}\n",
    "merge": "metadata:\n  annotations: {example.com/owner: null}\nspec: {minReadySeconds: 5}\n",
    "json": '[{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]',
}


@pytest.fixture
def pair(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    for name in (OURS, THEIRS):
        controlplane.kubectl("create", "-f", "-", input=DEPLOYMENT % name)
    yield controlplane
    controlplane.kubectl("delete", "deployment", OURS, THEIRS, "-n", "shop")


# a line that each of them adds, and whose it is said to be
PATCHED_LINES = {
    "strategic": "image: example.com/side:2",
    "merge": "minReadySeconds: 5",
    "json": "a: b",
}
NOTES = {
    "strategic": ["you, or a default of the server", "owned by kubectl-create"],
    "merge": ["you"],
    "json": ["you, or a default of the server"],
}


def open_patch(
    served: DashboardServer, name: str, method: str, path: str = f"deployments.apps/{OURS}"
) -> EditPage:
    client = served.client(name)
    url = f"{served.url}/c/harbour/shop/{path}/patch?method={method}"
    return EditPage(client, url, client.get(url))


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def fetch(plane: ControlPlane, name: str) -> tuple[Any, Any]:
    """The object without what differs by nature, and what the manager quarterdeck applied."""
    words = ("get", "deployment", name, "-n", "shop", "-o", "json", "--show-managed-fields")
    found = json.loads(plane.kubectl(*words))
    owned = [
        one["fieldsV1"]
        for one in found["metadata"]["managedFields"]
        if (one["manager"], one["operation"]) == ("quarterdeck", "Apply")
    ]
    for key in SERVER_SET:
        found["metadata"].pop(key, None)
    found["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    found.pop("status", None)
    found["metadata"].pop("generation", None)
    return found, owned


def test_the_patches_and_a_put_are_those_of_kubectl(
    pair: ControlPlane, dashboard_server: DashboardServer
) -> None:
    for method, text in PATCHES.items():
        reviewed = open_patch(dashboard_server, "dana", method).review(text)
        assert reviewed.status == 200, reviewed.html
        assert "What would be stored" in reviewed.html
        assert find_notes(reviewed, PATCHED_LINES[method]) == NOTES[method]
        before = fetch(pair, OURS)
        assert reviewed.save().status == 302
        assert fetch(pair, OURS) != before, "a review writes nothing"
        pair.kubectl("patch", "deployment", THEIRS, "-n", "shop", f"--type={method}", "-p", text)
        assert fetch(pair, OURS) == fetch(pair, THEIRS)
    page = open_patch(dashboard_server, "dana", "replace")
    typed = page.text.replace("replicas: 0", "replicas: 2")
    assert page.review(typed).save().status == 302
    pair.kubectl("replace", "-f", "-", input=typed.replace(OURS, THEIRS))
    assert fetch(pair, OURS) == fetch(pair, THEIRS)
    assert fetch(pair, OURS)[0]["spec"]["replicas"] == 2


def find_choices(page: EditPage) -> dict[str, str]:
    """Each field in conflict, with the name of its choice in the form."""
    section = page.html[page.html.index('id="conflicts-title"') : page.html.index('<form id="edit"')]
    return {html.unescape(field): f"conflict-{key}" for field, key in CHOICES.findall(section)}


def test_conflicts_are_kept_shared_and_taken_over_field_by_field(
    pair: ControlPlane, dashboard_server: DashboardServer
) -> None:
    page = open_patch(dashboard_server, "dana", "apply")
    conflict = page.review(APPLIED % OURS)
    assert conflict.status == 409
    assert "kubectl-create" in conflict.html
    choices = find_choices(conflict)
    owner = ".metadata.annotations.example.com/owner"
    image = '.spec.template.spec.containers[name="main"].image'
    assert set(choices) == {owner, ".spec.replicas", image}
    chosen = {choices[owner]: "share", choices[".spec.replicas"]: "keep", choices[image]: "take"}
    undecided = conflict.send(conflict.text, step="resolve", **{choices[image]: "take"})
    assert undecided.status == 409
    resolved = conflict.send(conflict.text, step="resolve", **chosen)
    assert resolved.status == 200, resolved.html
    assert "replicas" not in resolved.text
    assert resolved.save().status == 302
    typed = (APPLIED % THEIRS).replace("  replicas: 1\n", "").replace("owner: b", "owner: a")
    apply = ("apply", "--server-side", "--field-manager=quarterdeck", "-f", "-")
    pair.kubectl(*apply, "--force-conflicts", input=typed)
    assert fetch(pair, OURS) == fetch(pair, THEIRS)
    assert fetch(pair, OURS)[0]["spec"]["replicas"] == 0

    again = open_patch(dashboard_server, "dana", "apply")
    assert "example.com/main:2" in again.text, "what was applied before is there to be applied again"
    grown = again.text.replace("example.com/main:2", "example.com/main:3")
    assert again.review(grown).save().status == 302
    pair.kubectl(*apply, input=typed.replace("main:2", "main:3"))
    assert fetch(pair, OURS) == fetch(pair, THEIRS)

    all_taken = open_patch(dashboard_server, "dana", "apply").review(APPLIED % OURS)
    taken = all_taken.send(
        all_taken.text, step="resolve", **dict.fromkeys(find_choices(all_taken).values(), "take")
    )
    assert taken.status == 200, taken.html


def test_force_is_sent_for_no_field_that_was_not_chosen(
    pair: ControlPlane, dashboard_server: DashboardServer
) -> None:
    before = fetch(pair, OURS)
    page = open_patch(dashboard_server, "dana", "apply")
    for step in ("review", "save", "resolve"):
        answer = page.send(APPLIED % OURS, step=step, forced="0123456789abcdef", reviewed="x")
        assert answer.status == 409
        assert answer.text == APPLIED % OURS
    one = page.review(APPLIED % OURS)
    image = find_choices(one)['.spec.template.spec.containers[name="main"].image']
    alone = page.send(APPLIED % OURS, step="review", forced=image.removeprefix("conflict-"))
    assert alone.status == 409
    reviewed = page.review(
        (APPLIED % OURS)
        .replace("  replicas: 1\n", "")
        .replace("owner: b", "owner: a")
        .replace("main:2", "main:1")
    )
    assert reviewed.status == 200, reviewed.html
    pair.kubectl("label", "deployment", OURS, "-n", "shop", "other=change")
    late = reviewed.save()
    assert late.status == 200, "what is written is what was reviewed"
    assert "The object changed in the meantime." in late.html
    pair.kubectl("label", "deployment", OURS, "-n", "shop", "other-")
    assert fetch(pair, OURS) == before
    for name, status in (("rene", 403), ("aude", 403)):
        for method in ("apply", "merge", "strategic", "json", "replace"):
            viewer = open_patch(dashboard_server, name, method)
            assert "disabled" in viewer.html
            assert viewer.send("{}", step="save").status == status


WRONG = (
    ("json", "a: b", 422, "A JSON patch is a list"),
    ("merge", "[]", 422, "This must be a mapping"),
    ("merge", "metadata: []", 422, "metadata must be a mapping"),
    ("merge", "a: [", 422, "Not valid YAML"),
    ("merge", "a: b\na: c\n", 422, "a"),
    ("merge", "a: b\n---\na: c\n", 422, "Type exactly one document."),
    ("strategic", "spec: {unknown: 1}", 422, "unknown field"),
    (
        "json",
        '[{"op": "remove", "path": "/nowhere"}]',
        422,
        "A path of an operation is not there, or a test failed.",
    ),
    ("apply", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: other}\n", 400, "name"),
    (
        "apply",
        "apiVersion: apps/v1\nkind: Deployment\nspec: {unknown: 1}\n",
        422,
        "Line 3 field not declared in schema spec.unknown",
    ),
    (
        "replace",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: patched-ours}\n",
        422,
        "spec.selector",
    ),
)


def test_what_is_wrong_is_said_and_the_text_is_kept(
    pair: ControlPlane, dashboard_server: DashboardServer
) -> None:
    before = fetch(pair, OURS)
    for method, text, status, said in WRONG:
        answer = open_patch(dashboard_server, "dana", method).review(text)
        words = read_text(answer.answer)
        assert (answer.status, said in words) == (status, True), (method, text, words[-700:])
        assert answer.text.rstrip("\n") == text.rstrip("\n")
    assert fetch(pair, OURS) == before
    client = dashboard_server.client("dana")
    for row in set(
        re.findall(r'action="(/c/_drafts/[0-9a-f-]+)"', client.get(f"{dashboard_server.url}/c/_drafts").text)
    ):
        page = open_patch(dashboard_server, "dana", "json")
        page.client.post(
            dashboard_server.url + row, data={"csrfmiddlewaretoken": page.fields["csrfmiddlewaretoken"]},
            headers={"Referer": page.url},
        )  # fmt: skip


def test_no_value_of_a_secret_is_shown(controlplane: ControlPlane, dashboard_server: DashboardServer) -> None:
    words = ("get", "secret", OURS, "-n", "shop", "-o", "jsonpath={.data}")
    controlplane.kubectl("create", "secret", "generic", OURS, "-n", "shop", f"--from-literal=word={WORD}")
    try:
        path = f"secrets/{OURS}"
        copied = '[{"op": "copy", "from": "/data/word", "path": "/metadata/labels"}]'
        answers = [
            open_patch(dashboard_server, "dana", "json", path).review(copied),
            open_patch(dashboard_server, "dana", "merge", path).review("spec: {unknown: 1}"),
            open_patch(dashboard_server, "dana", "strategic", path).review("immutable: false"),
            open_patch(dashboard_server, "dana", "merge", path).review('data: {word: "‹hidden: 16 bytes›"}'),
        ]
        assert [one.status for one in answers] == [422, 422, 200, 422]
        replaced = open_patch(dashboard_server, "dana", "replace", path)
        assert replaced.status == 400
        assert answers[2].save().status == 302
        # what another manager set is shared without being shown, and what is ours is kept by an apply
        page = open_patch(dashboard_server, "dana", "apply", path)
        conflict = page.review(f"{page.text}data:\n  word: dGhlaXJz\n  more: {encode(MORE)}\n")
        assert conflict.status == 409, conflict.html
        choices = find_choices(conflict)
        assert set(choices) == {".data.word"}
        shared = conflict.send(conflict.text, step="resolve", **{choices[".data.word"]: "share"})
        assert shared.status == 200, shared.html
        assert "‹hidden: 16 bytes›" in shared.text
        assert shared.save().status == 302
        again = open_patch(dashboard_server, "dana", "apply", path)
        assert again.text.count("‹hidden") == 2, again.text
        labelled = again.review(again.text.replace("metadata:\n", "metadata:\n  labels: {a: b}\n"))
        assert labelled.status == 200, labelled.html
        assert labelled.save().status == 302
        assert json.loads(controlplane.kubectl(*words)) == {"word": encode(WORD), "more": encode(MORE)}
        for one in (*answers, replaced, conflict, shared, again, labelled):
            assert WORD not in one.html
            assert encode(WORD) not in one.html
        for one in (again, labelled):  # before, it was in the text that dana typed
            assert encode(MORE) not in one.html
    finally:
        controlplane.kubectl("delete", "secret", OURS, "-n", "shop")


def test_dana_resolves_conflicts_in_a_browser(pair: ControlPlane, open_as: Opener) -> None:
    page = open_as("dana", f"/c/harbour/shop/deployments.apps/{OURS}", color_scheme="dark")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_role("link", name="Server-side apply").click()
    fill_text(page, APPLIED % OURS)
    expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved at")
    page.reload()
    page.get_by_role("link", name="Restore").click()
    expect(page.locator(".cm-content")).to_contain_text("example.com/main:2")
    page.get_by_role("button", name="Review changes").click()
    expect(page.locator("main")).to_contain_text("Other managers own what you apply")
    assert find_violations(page) == []
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for one in page.get_by_label("Take over").all():
        one.check()
    page.get_by_role("button", name="Review with these choices").click()
    expect(page.locator(".diff .added").filter(has_text="example.com/main:2")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text(f"Saved {OURS}.")
    pair.kubectl(
        "apply", "--server-side", "--field-manager=quarterdeck", "--force-conflicts", "-f", "-", input=APPLIED % THEIRS
    )  # fmt: skip
    assert fetch(pair, OURS) == fetch(pair, THEIRS)
