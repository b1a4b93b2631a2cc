"""Does nothing that a stranger's kubeconfig names run, open or connect, wherever in it that stands? (Class 22.)"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clusters.credentials.errors import BadCredential
from clusters.credentials.kubeconfig import read_kubeconfig
from clusters.models import Cluster
from tests.attacks.house import House, undone
from tests.attacks.upstream import Watched as Listening
from tests.attacks.watched import CODE, CONNECTIONS, FILES, PROCESSES, watched
from tests.clusters.api.faults import says
from tests.clusters.credentials.kubeconfigs import config, text

SERVER = "https://127.0.0.1:9"  # the clusters of a dark house: nobody listens there
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
    with Listening(says(200, {})) as listening:
        yield tmp_path, listening


def dangers(folder: Path, listening: Listening) -> dict[str, Any]:
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


def placed(position: str, fields: dict[str, Any]) -> str:
    """A kubeconfig that is good but for these fields at this position."""
    value = config(
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
    return text(value)


def read(source: str) -> None:
    try:
        read_kubeconfig(source)
    except BadCredential:
        return


@pytest.mark.parametrize("position", POSITIONS)
def test_reading_one_starts_no_process_opens_no_file_and_connects_to_nothing(
    trap: tuple[Path, Listening], position: str
) -> None:
    fields = dangers(*trap)
    sources = [placed(position, fields), *(placed(position, {key: one}) for key, one in fields.items())]
    sources += [
        source.replace("exec:", f"{word}:") for source in sources[1:2] for word in ("Exec", "EXEC", "'exec'")
    ]
    sources += [json.dumps({"contexts": fields}), json.dumps({"users": [fields]}), json.dumps(fields)]
    for source in sources:
        read(source)  # once unwatched: translations are loaded at their first use
    with watched() as seen:
        for source in sources:
            read(source)
    assert seen.of(PROCESSES, FILES, CONNECTIONS, CODE) == []


def test_it_would_notice_an_opened_file() -> None:
    with watched() as seen:
        open(__file__).close()
    assert seen.of(FILES)


@pytest.mark.parametrize("position", POSITIONS)
def test_no_page_that_takes_one_follows_it(
    dark_house: House, trap: tuple[Path, Listening], position: str
) -> None:
    """Neither as a member nor as an administrator, in one step or in two; only the cluster itself may be asked."""
    Cluster.objects.update(ca="")
    folder, listening = trap
    source = placed(position, dangers(folder, listening))
    forms = [
        ("/clusters/harbour/credential/", {"way": "kubeconfig", "kubeconfig": source}),
        ("/clusters/import/", {"kubeconfig": source}),
        ("/clusters/import/", {"kubeconfig": source, "carry-out": "yes", "context-chosen": "0:shop"}),
        ("/clusters/harbour/teams/shop/credential/", {"way": "kubeconfig", "kubeconfig": source}),
    ]
    with listening.watched() as spoken_to, watched() as seen:
        for path, form in forms:
            for who in ("dana", "ada"):
                with undone():
                    answer = dark_house.browser(who).post(path, form)
                    assert answer.status_code in (200, 302, 403, 422), (path, who)
                    assert "secret-of-a-file" not in answer.content.decode()
    assert seen.of(PROCESSES) == []
    assert [one for one in seen.of(FILES) if str(folder) in one] == []
    asked = [
        one for one in seen.of(CONNECTIONS) if "127.0.0.1', 9)" not in one and "'127.0.0.1', 9," not in one
    ]
    assert asked == []
    assert spoken_to.is_nothing
    assert not (folder / "ran").exists()
