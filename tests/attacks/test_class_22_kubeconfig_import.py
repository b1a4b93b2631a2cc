"""Kubeconfig import: no program, file or server that a kubeconfig names is used (class 22)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clusters.credentials.errors import BadCredential
from clusters.credentials.kubeconfig import read_kubeconfig
from tests.attacks.audit_hook import CODE, CONNECTIONS, FILES, PROCESSES, record_events
from tests.attacks.installation import Installation, move_clusters, roll_back
from tests.attacks.recorder import RecordingServer as Listening
from tests.clusters.api.faults import respond_with
from tests.clusters.credentials.kubeconfigs import build_config, to_yaml

SERVER = "https://127.0.0.1:9"  # the clusters of an offline installation: nobody listens there
POSITIONS = (
    "root",
    "preferences",
    "extensions",
    "cluster entry",
    "cluster",
    "cluster extensions",
    "user entry",
    "user",
    "user extensions",
    "context entry",
    "context",
)


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[tuple[Path, Listening]]:
    """A file that a program would make, beside one that could be read; and a server that would be spoken to."""
    (tmp_path / "readable").write_text("secret-of-a-file")
    with Listening(respond_with(200, {})) as listening:
        yield tmp_path, listening


def list_dangers(folder: Path, listening: Listening) -> dict[str, Any]:
    """Every field that client-go would follow, pointing at the trap."""
    touch, readable = ["/usr/bin/touch", str(folder / "ran")], str(folder / "readable")
    program = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": touch[0],
        "args": touch[1:],
        "env": [{"name": "PATH", "value": "/usr/bin"}],
        "interactiveMode": "Never",
        "provideClusterInfo": True,
    }
    provider = {
        "name": "gcp",
        "config": {"cmd-path": touch[0], "cmd-args": touch[1], "idp-issuer-url": listening.url},
    }
    return {
        "exec": program,
        "auth-provider": provider,
        "tokenFile": readable,
        "client-certificate": readable,
        "client-key": readable,
        "certificate-authority": readable,
        "proxy-url": listening.url,
        "as": "admin",
        "as-uid": "1",
        "as-groups": ["system:masters"],
        "as-user-extra": {"scopes": ["all"]},
        "username": "admin",
        "password": "secret",
        "colors": True,
        "location": readable,
        "LocationOfOrigin": readable,
        "env": {"KUBECONFIG": readable, "HTTPS_PROXY": listening.url},
    }


def build_kubeconfig(position: str, fields: dict[str, Any]) -> str:
    """A kubeconfig that is good but for these fields at this position."""
    value = build_config(
        cluster={"server": SERVER, "certificate-authority-data": ""}, user={"token": "a-good-token"}
    )
    entry = {"cluster": value["clusters"][0], "user": value["users"][0], "context": value["contexts"][0]}
    kind, _blank, where = position.partition(" ")
    if position == "root":
        value |= {key: one for key, one in fields.items() if key not in value}
    elif position in ("preferences", "extensions"):
        value[position] = fields if position == "preferences" else [{"name": "x", "extension": fields}]
    elif where == "entry":
        entry[kind] |= fields
    elif where == "extensions":
        entry[kind][kind]["extensions"] = [{"name": "x", "extension": fields}]
    else:
        entry[kind][kind] |= fields
    return to_yaml(value)


def parse(source: str) -> None:
    try:
        read_kubeconfig(source)
    except BadCredential:
        return


@pytest.mark.parametrize("position", POSITIONS)
def test_reading_one_starts_no_process_opens_no_file_and_connects_to_nothing(
    trap: tuple[Path, Listening], position: str
) -> None:
    fields = list_dangers(*trap)
    sources = [
        build_kubeconfig(position, fields),
        *(build_kubeconfig(position, {key: one}) for key, one in fields.items()),
    ]
    sources += [
        source.replace("exec:", f"{word}:") for source in sources[1:2] for word in ("Exec", "EXEC", "'exec'")
    ]
    sources += [json.dumps({"contexts": fields}), json.dumps({"users": [fields]}), json.dumps(fields)]
    for source in sources:
        parse(source)  # once unwatched: translations are loaded at their first use
    with record_events() as seen:
        for source in sources:
            parse(source)
    assert seen.select(PROCESSES, FILES, CONNECTIONS, CODE) == []


def test_it_would_notice_an_opened_file() -> None:
    with record_events() as seen:
        open(__file__).close()
    assert seen.select(FILES)


@pytest.mark.parametrize("position", POSITIONS)
def test_no_page_that_takes_one_follows_it(
    offline_installation: Installation, trap: tuple[Path, Listening], position: str
) -> None:
    """Neither as a member nor as an administrator, in one step or in two; only the cluster itself may be contacted."""
    move_clusters(ca="")
    folder, listening = trap
    source = build_kubeconfig(position, list_dangers(folder, listening))
    forms = [
        ("/clusters/harbour/credential/", {"way": "kubeconfig", "kubeconfig": source}),
        ("/clusters/import/", {"kubeconfig": source}),
        ("/clusters/import/", {"kubeconfig": source, "carry-out": "yes", "context-chosen": "0:shop"}),
        ("/clusters/harbour/teams/shop/credential/", {"way": "kubeconfig", "kubeconfig": source}),
    ]
    with listening.record() as spoken_to, record_events() as seen:
        for path, form in forms:
            for who in ("dana", "ada"):
                with roll_back():
                    answer = offline_installation.browser(who).post(path, form)
                    assert answer.status_code in (200, 302, 403, 422), (path, who)
                    assert "secret-of-a-file" not in answer.content.decode()
    assert seen.select(PROCESSES) == []
    assert [one for one in seen.select(FILES) if str(folder) in one] == []
    requests = [
        one
        for one in seen.select(CONNECTIONS)
        if "127.0.0.1', 9)" not in one and "'127.0.0.1', 9," not in one
    ]
    assert requests == []
    assert spoken_to.is_empty
    assert not (folder / "ran").exists()
