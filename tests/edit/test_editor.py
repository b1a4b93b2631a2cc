"""The YAML editor in a real browser: completion, documentation and validation by a schema, and what a form sends."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from dashboard.shell.bundles import BUNDLES
from tests.browser import list_console_errors

STATIC = Path(__file__).resolve().parents[2] / "static"
HOST = "http://editor.test"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-n0nce'; connect-src 'self'; "
    "img-src data:; form-action 'self'"
)
TEXT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  managedFields:
  - manager: kubectl
    operation: Apply
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: web
        image: nginx
"""
CONTAINER = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "description": "Name of the container."},
        "image": {"type": "string", "description": "Container image name."},
        "imagePullPolicy": {"type": "string", "enum": ["Always", "IfNotPresent", "Never"]},
        "tty": {"type": "boolean"},
        "ports": {"type": "array", "items": {"type": "object", "properties": {"port": {"type": "integer"}}}},
    },
}
SCHEMA = {
    "root": "Deployment",
    "definitions": {
        "Container": CONTAINER,
        "IntOrString": {"type": "string"},
        "Deployment": {
            "type": "object",
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                        "managedFields": {"type": "array", "items": {"type": "object"}},
                    },
                },
                "spec": {
                    "type": "object",
                    "required": ["template"],
                    "properties": {
                        "replicas": {
                            "type": "integer",
                            "description": "Number of desired pods.",
                            "default": 1,
                        },
                        "surge": {"$ref": "io.intstr.IntOrString"},
                        "anything": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                        "template": {
                            "type": "object",
                            "properties": {
                                "spec": {
                                    "type": "object",
                                    "properties": {
                                        "containers": {"type": "array", "items": {"$ref": "Container"}}
                                    },
                                }
                            },
                        },
                    },
                },
            },
        },
    },
}
OpenEditor = Callable[..., Page]


@pytest.fixture
def open_editor(new_page: Callable[..., Page]) -> OpenEditor:
    """`open_editor(text)`: a page under our policy with the editor on it; its form sends to `/sent`."""

    def open_page(text: str = TEXT, schema: Any = SCHEMA, attributes: str = "", beside: str = "") -> Page:
        page = new_page()
        page.__dict__["sent"] = []
        scripts = "".join(f'<script src="/{part}" defer></script>' for part in BUNDLES["edit/editor-all.js"])
        body = (
            f'<!doctype html><title>Edit</title><link rel="icon" href="data:,">'
            f'<link rel="stylesheet" href="/shell/tokens.css"><form method="post" action="/sent">'
            f'<label for="yaml">Manifest</label><textarea id="yaml" name="yaml" data-editor data-nonce="n0nce"'
            f' data-schema="/schema" data-fold="managedFields" {attributes}>{html.escape(text)}</textarea>'
            f"{beside}<button>Save</button></form>{scripts}"
        )

        def answer(route: Route) -> None:
            path = route.request.url.removeprefix(HOST).partition("?")[0]
            if path == "/":
                headers = {"Content-Security-Policy": POLICY}
                route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)
            elif path == "/schema":
                route.fulfill(body=json.dumps(schema), content_type="application/json")
            elif path == "/sent":
                page.__dict__["sent"].append(route.request.post_data or "")
                route.fulfill(body="<!doctype html><title>Sent</title>", content_type="text/html")
            else:
                file = STATIC / path.lstrip("/")
                kind = "text/css" if file.suffix == ".css" else "text/javascript"
                route.fulfill(body=file.read_text(), content_type=kind)

        page.route(f"{HOST}/**", answer)
        page.goto(f"{HOST}/")
        page.wait_for_selector(".cm-editor")
        return page

    return open_page


def list_marks(page: Page) -> list[str]:
    """The messages of all marks, once the editor has checked its text."""
    page.wait_for_selector(".cm-lint-marker, .cm-lintRange")
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+Shift+M")
    page.wait_for_selector(".cm-panel-lint li")
    return page.locator(".cm-panel-lint li .cm-diagnosticText").all_inner_texts()


def go_to_end(page: Page) -> None:
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")


def list_completions(page: Page) -> list[str]:
    page.wait_for_selector(".cm-tooltip-autocomplete li")
    return page.locator(".cm-tooltip-autocomplete li .cm-completionLabel").all_inner_texts()


def take_completion(page: Page, name: str) -> None:
    """By a click: Enter is a new line for a moment after the list has opened."""
    page.locator(".cm-tooltip-autocomplete li").get_by_text(name, exact=True).click()
    expect(page.locator(".cm-tooltip-autocomplete")).to_have_count(0)


def test_typing_over_a_selection_breaks_no_policy(open_editor: OpenEditor) -> None:
    page = open_editor()
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(TEXT.replace("nginx", "caddy"))
    expect(page.locator("#yaml")).to_have_value(TEXT.replace("nginx", "caddy"))
    assert list_console_errors(page) == []


def test_fields_are_completed_from_the_schema(open_editor: OpenEditor) -> None:
    page = open_editor()
    go_to_end(page)
    page.keyboard.type("        i")
    assert list_completions(page) == ["imagePullPolicy"]  # `image` and `name` are there already
    take_completion(page, "imagePullPolicy")
    page.keyboard.press("Control+Space")
    assert sorted(list_completions(page)) == ["Always", "IfNotPresent", "Never"]
    take_completion(page, "Never")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"{HOST}/sent")
    assert "imagePullPolicy%3A+Never" in page.__dict__["sent"][0]
    assert "managedFields" in page.__dict__["sent"][0]  # what is folded is sent too


def test_a_list_goes_on_in_the_next_line(open_editor: OpenEditor) -> None:
    page = open_editor()
    go_to_end(page)
    page.keyboard.type("        po")
    assert list_completions(page)[0] == "ports"
    take_completion(page, "ports")
    page.keyboard.press("Control+Space")
    assert list_completions(page) == ["port"]


def test_documentation_of_a_field_is_shown_when_pointed_at(open_editor: OpenEditor) -> None:
    page = open_editor()
    page.locator(".cm-line", has_text="replicas").locator("span").first.hover()
    page.wait_for_selector(".editor-help")
    text = page.locator(".editor-help").inner_text()
    assert "replicas integer" in text
    assert "Number of desired pods." in text
    assert "Default: 1" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("replicas", "replica"), "Unknown field replica. Did you mean replicas?"),
        (TEXT.replace("replicas: 2", "replicas: two"), "An integer is expected here."),
        (TEXT.replace("image: nginx", "image: 1.2"), "This reads as a number. Quote it for text."),
        (TEXT.replace("image: nginx", "image: no"), "This reads as a boolean. Quote it for text."),
        (TEXT.replace("image: nginx", "tty: maybe"), "true or false is expected here."),
        (
            TEXT.replace("image: nginx", "image: nginx\n        image: x"),
            "The key image is already set above.",
        ),
        (
            TEXT.replace("image: nginx", "imagePullPolicy: Now"),
            "Now is not one of: Always, IfNotPresent, Never.",
        ),
        (TEXT.replace("- name: web", "- image: a"), "Missing: name."),
        (TEXT.replace("replicas: 2", "replicas: [2"), "This is not valid YAML."),
        (TEXT.replace("  template:\n    spec:", "  template: 7\n  anything:"), "A mapping is expected here."),
    ],
)
def test_what_is_wrong_is_marked(open_editor: OpenEditor, text: str, message: str) -> None:
    assert text != TEXT
    assert message in list_marks(open_editor(text))


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace("replicas: 2", "replicas: 2\n  surge: 25%"),
        TEXT.replace("replicas: 2", "replicas: 2\n  surge: 1"),
        TEXT.replace("replicas: 2", "replicas:"),
        TEXT.replace("replicas: 2", "anything: {a: [1, {b: no}]}"),
        TEXT.replace("image: nginx", 'image: "1.2"'),
        TEXT.replace("  name: web\n", "  name: web\n  labels:\n    on: 'yes'\n", 1),
        TEXT + "---\napiVersion: v1\nkind: Unknown\n",
    ],
)
def test_what_is_right_is_not_marked(open_editor: OpenEditor, text: str) -> None:
    """A last line that is wrong proves that the text was checked."""
    page = open_editor(text.replace("kind: Deployment\n", "kind: Deployment\nlast: 1\n"))
    assert list_marks(page) == ["Unknown field last."]


def test_what_the_server_found_stands_at_its_line_until_that_changes(open_editor: OpenEditor) -> None:
    beside = (
        '<ul data-diagnostics-for="yaml"><li data-line="9">must be less than 2</li>'
        '<li data-line="14" data-severity="warning">unknown registry</li></ul>'
    )
    page = open_editor(beside=beside)
    assert list_marks(page) == ["must be less than 2", "unknown registry"]
    go_to_end(page)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.type("x")
    expect(page.locator(".cm-panel-lint li .cm-diagnosticText")).to_have_text(["must be less than 2"])


def test_managed_fields_begin_folded_and_the_text_area_holds_what_is_typed(open_editor: OpenEditor) -> None:
    page = open_editor()
    assert "operation: Apply" not in page.locator(".cm-content").inner_text()
    go_to_end(page)
    page.keyboard.type("# by hand")
    expect(page.locator("#yaml")).to_have_value(re.compile(r"# by hand$"))


def test_who_may_not_edit_reads_only(open_editor: OpenEditor) -> None:
    page = open_editor(attributes="readonly")
    go_to_end(page)
    page.keyboard.type("x")
    page.keyboard.press("Control+f")
    page.wait_for_selector(".cm-search")
    assert page.locator("#yaml").input_value() == TEXT
    assert page.locator(".cm-line").last.inner_text().strip() == ""


def test_the_keyboard_gets_in_and_out(open_editor: OpenEditor) -> None:
    page = open_editor()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("cm-content")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Save"


def test_hostile_text_of_a_schema_is_text(open_editor: OpenEditor) -> None:
    hostile = json.loads(
        json.dumps(SCHEMA).replace("Number of desired pods.", "<img src=x onerror=alert(1)>")
    )
    page = open_editor(schema=hostile)
    page.locator(".cm-line", has_text="replicas").locator("span").first.hover()
    page.wait_for_selector(".editor-help")
    assert "<img src=x onerror=alert(1)>" in page.locator(".editor-help").inner_text()
    assert page.locator(".editor-help img").count() == 0
    assert list_console_errors(page) == []


def test_a_megabyte_opens_within_the_time_of_a_page(open_editor: OpenEditor) -> None:
    long = "apiVersion: v1\nkind: ConfigMap\ndata:\n" + "".join(
        f"  key-{number}: {'v' * 60}\n" for number in range(14000)
    )
    page = open_editor(long)
    go_to_end(page)
    page.keyboard.type("  last: x")
    expect(page.locator("#yaml")).to_have_value(re.compile(r"last: x$"))
