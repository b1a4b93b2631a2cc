"""YAML round trip: the API server parses our YAML as the object."""

from __future__ import annotations

import json

import requests

from dashboard.objects import yaml_lines

WORDS = (
    "y n yes No on OFF true null ~ 1e3 0o17 0777 1_000 1:30 .5 -1 +1 .inf .NaN 2026-01-01 = << - ? |- {} [] # "
    "a:b a: #x . .. ... --- 0x1f 12e03 _1 -.5 !!str &a *a %x @x `x 'x \"x x# 1e 1.e3 0b1 1_0 0. .0 2026-01-01T00:00:00Z"
)
TEXTS = [
    *["10.0.0.1", "1.2.3", "120m", "96Mi", "25%", "1G", "10s", "5P", "1.2", "1.2.3.4.5", "1.2.3-beta"],
    *WORDS.split(),
    "",
    " ",
    "a\nb",
    "a\nb\n",
    "a\n\n\nb\n\n",
    " a\nb",
    "\n",
    "\na",
    "a \nb\t\n",
    "\ta",
    "a: b",
    "é\u202e\u2028\x85",
    "\ufeffa",
    "😀",
]


def test_it_is_read_back_by_the_api_server_as_it_was(controlplane):
    data = {f"key{number}": value for number, value in enumerate(TEXTS)}
    data |= {"y": "y", "on": "on", "1e3": "1", "0777": "1", "null": "1", "-": "1", "1.0": "x"}
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "written"}, "data": data}
    answer = requests.post(
        f"{controlplane.server}/api/v1/namespaces/shop/configmaps?dryRun=All&fieldValidation=Strict",
        data=yaml_lines.text(found).encode(),
        headers={"Authorization": f"Bearer {controlplane.token('ada')}", "Content-Type": "application/yaml"},
        verify=str(controlplane.directory / "ca.crt"),
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    assert json.loads(answer.text)["data"] == data
