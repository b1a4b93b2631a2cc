"""Calls behind a page: what is shown, run with the real kubectl, curl and Python client, returns the same objects."""

from __future__ import annotations

import ast
import html
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
import yaml

from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import DashboardServer
from tests.passthrough.conftest import Passage, Passages
from tests.passthrough.tls_front import TlsFront

LISTS = (
    "shop/pods",
    "shop/pods?selector=app%3Dweb",
    "shop/deployments.apps",
    "shop/services",
    "shop/configmaps",
    "shop/secrets",
    "shop/serviceaccounts",
    "shop/jobs.batch",
    "shop/cronjobs.batch",
    "shop/widgets.example.com",
    "shop/ingresses.networking.k8s.io",
    "_all/nodes",
)
PRINT_WORDS = """kubectl() { printf '%s\\0' "$@"; }; curl() { kubectl "$@"; }"""
_CALL = re.compile(r'<section class="page-call" aria-label="([^"]*)">(.*?)</section>', re.DOTALL)
_CODE = re.compile(r'<code tabindex="0">(.*?)</code>', re.DOTALL)


@pytest.fixture(scope="module")
def ada(passages: Passages) -> Passage:
    passage = passages.open("ada")
    found = json.loads(passage.kubeconfig.read_text())
    (passage.kubeconfig.parent / "quarterdeck.kubeconfig.yaml").write_text(yaml.safe_dump(found))
    return passage


def read_calls(page: requests.Response) -> list[tuple[str, list[str]]]:
    """Of each call what it is, and its three commands."""
    return [
        (html.unescape(what), [html.unescape(one) for one in _CODE.findall(part)[-3:]])
        for what, part in _CALL.findall(page.text)
    ]


def run(
    command: list[str], passage: Passage, front: TlsFront, plane: ControlPlane
) -> subprocess.CompletedProcess[str]:
    folder = passage.kubeconfig.parent
    environment = {
        "PATH": f"{plane.binaries.kubectl.parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "KUBECONFIG": str(folder / "quarterdeck.kubeconfig.yaml"),
        "CURL_CA_BUNDLE": str(folder / "ca.pem"),
        "QUARTERDECK_URL": front.url,
        "QUARTERDECK_TOKEN": passage.secret,
    }
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=folder, env=environment
    )


def run_all(commands: list[str], passage: Passage, front: TlsFront, plane: ControlPlane) -> list[Any]:
    """What kubectl, curl and Python print, as objects."""
    kubectl, curl, python = commands
    done = [
        run(["bash", "-c", kubectl], passage, front, plane),
        run(["bash", "-c", curl], passage, front, plane),
        run([sys.executable, "-c", python], passage, front, plane),
    ]
    assert [one.returncode for one in done] == [0, 0, 0], [one.stderr[-500:] for one in done]
    return [read(one.stdout) for one in done]


def read(printed: str) -> Any:
    """JSON, or a dictionary as Python prints it; of a list the UIDs, since kubectl leaves its metadata out."""
    try:
        found = json.loads(printed)
    except ValueError:
        found = ast.literal_eval(printed)
    if "items" in found:
        return sorted(one["metadata"]["uid"] for one in found["items"])
    return found["metadata"]["uid"] if "metadata" in found else found


@pytest.mark.parametrize("path", LISTS)
def test_lists_and_objects_are_the_same_by_all_three(
    dashboard_server: DashboardServer,
    controlplane: ControlPlane,
    tls_front: TlsFront,
    ada: Passage,
    path: str,
) -> None:
    client = dashboard_server.client("ada")
    listed = client.get(f"{dashboard_server.url}/c/harbour/{path}")
    calls = read_calls(listed)
    plural = re.split(r"[.?]", path.partition("/")[2])[0]
    (commands,) = [
        commands
        for what, commands in calls
        if re.fullmatch(rf"GET [^?]*/{plural}(\?.*)?", what) and "watch=true" not in what
    ]
    by_kubectl, by_curl, by_python = run_all(commands, ada, tls_front, controlplane)
    assert by_kubectl == by_curl == by_python
    assert by_kubectl
    assert any("watch=true" in what for what, _commands in calls)
    assert ada.secret not in listed.text

    href = re.search(r'<th scope="row"[^>]*><a href="(/c/[^"]+)"', listed.text)
    assert href is not None
    shown = client.get(f"{dashboard_server.url}{href[1]}")
    name = href[1].rpartition("/")[2]
    found = [commands for what, commands in read_calls(shown) if what.endswith(f"/{name}")]
    assert found
    by_kubectl, by_curl, by_python = run_all(found[0], ada, tls_front, controlplane)
    assert by_kubectl == by_curl == by_python
    assert by_kubectl


def test_what_is_no_resource_is_a_raw_call(
    dashboard_server: DashboardServer, controlplane: ControlPlane, tls_front: TlsFront, ada: Passage
) -> None:
    page = dashboard_server.client("ada").get(f"{dashboard_server.url}/c/harbour/_raw?path=/version")
    (commands,) = [commands for what, commands in read_calls(page) if what == "GET /version"]
    by_kubectl, by_curl, by_python = run_all(commands, ada, tls_front, controlplane)
    assert by_kubectl == by_curl == by_python
    assert by_kubectl["major"] == "1"


def test_a_watch_brings_the_objects(
    dashboard_server: DashboardServer, controlplane: ControlPlane, tls_front: TlsFront, ada: Passage
) -> None:
    page = dashboard_server.client("ada").get(f"{dashboard_server.url}/c/harbour/shop/deployments.apps/web")
    (commands,) = [
        commands
        for what, commands in read_calls(page)
        if "watch=true" in what and "metadata.name%3Dweb" in what and "/deployments?" in what
    ]
    python = commands[2].replace("print(event['raw_object'])", "print(event['raw_object']); break")
    found = run([sys.executable, "-c", python], ada, tls_front, controlplane)
    assert read(found.stdout) == controlplane.kubectl(
        "get", "deployment", "web", "-n", "shop", "-o", "jsonpath={.metadata.uid}"
    )
    for command in commands[:2]:
        first = run(["bash", "-c", f"timeout 5 {command} | head -c 300"], ada, tls_front, controlplane)
        assert '"Deployment"' in first.stdout, first.stderr


def test_reviews_are_folded_and_hostile_names_stay_one_word(
    dashboard_server: DashboardServer, tmp_path: Path
) -> None:
    page = dashboard_server.client("rita").get(f"{dashboard_server.url}/c/harbour/shop/pods")
    text = html.unescape(page.text)
    assert "access review" in text
    assert "kubectl --context harbour auth can-i" in text

    selector = "app in (a,$(touch pwned)';touch pwned;')"
    shown = dashboard_server.client("ada").get(
        f"{dashboard_server.url}/c/harbour/shop/pods", params={"selector": selector}
    )
    commands = [command for _what, three in read_calls(shown) for command in three[:2] if "touch" in command]
    programs = [command.partition(" ")[0] for command in commands]
    assert programs == ["kubectl", "curl"] * 2, "of the list and of its watch"
    for command in commands:
        words = subprocess.run(
            ["bash", "-c", f"{PRINT_WORDS}\n{command}"],
            capture_output=True, text=True, timeout=10, check=True, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"},
        ).stdout.split("\0")  # fmt: skip
        assert selector in words or f"labelSelector={quote(selector, safe='')}" in words[-2], words
        assert not any(tmp_path.iterdir()), "nothing but the command itself has run"
