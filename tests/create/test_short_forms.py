"""Short forms on a real API server: each makes what `kubectl create` makes, by way of the review."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.actions.pages import drop_incomparable, read_text
from tests.axe import find_violations
from tests.controlplane.certificates import Authority
from tests.controlplane.controlplane import ControlPlane
from tests.create.pages import create
from tests.dashboard_server import DashboardServer
from tests.edit.editor import EditPage
from tests.live.pages import Opener, open_as

__all__ = ["open_as"]
NAMES = ("short-ours", "short-theirs")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture
def cleared(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    yield controlplane
    kinds = "configmaps,secrets,serviceaccounts,rolebindings"
    controlplane.kubectl("delete", kinds, *NAMES, "-n", "shop", "--ignore-not-found")
    controlplane.kubectl("delete", "namespace", "short-ours", "--ignore-not-found", "--wait=false")


def send(served: DashboardServer, name: str, form: str, fields: dict[str, str]) -> EditPage:
    """Fill in the form; the answer is the create page with its review."""
    client = served.client(name)
    url = f"{served.url}/c/harbour/shop/_create/{form}"
    token = TOKEN.search(client.get(url).text)
    assert token is not None
    values = {"csrfmiddlewaretoken": token[1], **fields}
    answer = client.post(url, data=values, headers={"Referer": url}, allow_redirects=False)
    return EditPage(client, url.rpartition("/")[0], answer)


def fetch(plane: ControlPlane, kind: str, name: str) -> Any:
    found = drop_incomparable(json.loads(plane.kubectl("get", kind, name, "-n", "shop", "-o", "json")))
    found["metadata"].pop("name")
    return found


def test_each_form_makes_what_kubectl_makes(
    cleared: ControlPlane, dashboard_server: DashboardServer, tmp_path: Path
) -> None:
    pair = Authority("short").server()
    pair.write(tmp_path, "tls")
    certificate, key = pair.certificate, pair.key
    cases: tuple[tuple[str, str, dict[str, str], tuple[str, ...]], ...] = (
        ("configmap", "configmap", {"entries": "a=no\r\nb.yaml=x = y\r\n\r\n"},
         ("configmap", "--from-literal=a=no", "--from-literal=b.yaml=x = y")),
        ("secret", "secret", {"entries": "word=canary-short=1"},
         ("secret", "generic", "--from-literal=word=canary-short=1")),
        ("serviceaccount", "serviceaccount", {}, ("serviceaccount",)),
        ("rolebinding", "rolebinding", {"role_kind": "ClusterRole", "role": "view",
                                        "subject_kind": "ServiceAccount", "subject": "pay:default"},
         ("rolebinding", "--clusterrole=view", "--serviceaccount=pay:default")),
        ("tls-secret", "secret", {"certificate": certificate.replace("\n", "\r\n"), "key": key},
         ("secret", "tls", f"--cert={tmp_path}/tls.crt", f"--key={tmp_path}/tls.key")),
        ("registry-secret", "secret", {"server": "registry.example.com", "username": "u", "password": "p w"},
         ("secret", "docker-registry", "--docker-server=registry.example.com", "--docker-username=u",
          "--docker-password=p w")),
    )  # fmt: skip
    for form, kind, fields, command in cases:
        reviewed = send(dashboard_server, "ada", form, {"name": "short-ours", **fields})
        assert reviewed.status == 200, read_text(reviewed.answer)
        assert "Would be created" in reviewed.html
        assert create(reviewed).status == 302, form
        words = command[:2] if command[0] == "secret" else command[:1]
        cleared.kubectl("create", *words, "short-theirs", *command[len(words) :], "-n", "shop")
        assert fetch(cleared, kind, "short-ours") == fetch(cleared, kind, "short-theirs"), form
        cleared.kubectl("delete", kind, *NAMES, "-n", "shop")
    named = send(dashboard_server, "ada", "namespace", {"name": "short-ours", "labels": "team=blue"})
    assert create(named).status == 302
    labels = cleared.kubectl("get", "namespace", "short-ours", "-o", "jsonpath={.metadata.labels.team}")
    assert labels == "blue"


def test_what_is_wrong_is_said_and_kept(
    controlplane: ControlPlane, dashboard_server: DashboardServer
) -> None:
    answer = send(dashboard_server, "dana", "configmap", {"name": "a/b", "entries": "one=1\n<b>two"})
    assert answer.status == 422
    assert "is not a valid object name" in answer.html
    assert "Line 2 is no key=value." in answer.html
    assert "&lt;b&gt;two" in answer.html
    assert send(dashboard_server, "rene", "configmap", {"name": "a"}).status == 403


def test_they_are_linked_and_look_right(controlplane: ControlPlane, open_as: Opener) -> None:
    page = open_as("dana", "/c/harbour/shop/_create")
    page.get_by_role("link", name="TLS Secret").click()
    expect(page.locator("h1")).to_contain_text("Create TLS Secret")
    for theme, width in (("light", 1440), ("dark", 360)):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        assert find_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
