"""Kubeconfigs of a world: one file for each person with a context per cluster, or one for all."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from simulator.server import Server


@dataclass(frozen=True, repr=False)
class Entry:
    """A person's credential for one cluster."""

    server: Server
    person: str
    token: str


def write_kubeconfigs(path: Path, entries: list[Entry]) -> list[Path]:
    """A name that ends in .yaml, .yml, .conf or .kubeconfig is one file with contexts `person@cluster` (where there
    is one person alone, `cluster`); any other is a folder with a file for each person. Answers what was written."""
    if path.suffix in (".yaml", ".yml", ".conf", ".kubeconfig"):
        write_private(path, kubeconfig_text(entries))
        return [path]
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    people = list(dict.fromkeys(one.person for one in entries))
    for person in people:
        own = [one for one in entries if one.person == person]
        write_private(path / f"{person}.yaml", kubeconfig_text(own))
    return [path / f"{person}.yaml" for person in people]


def kubeconfig_text(entries: Iterable[Entry]) -> str:
    """YAML with everything inline; the first entry is the current context."""
    entries = list(entries)
    is_one = len({one.person for one in entries}) == 1
    clusters: dict[str, Any] = {}
    users, contexts = [], []
    for one in entries:
        name = one.server.cluster.name
        authority = base64.b64encode(one.server.cluster.authority.pem.encode()).decode()
        clusters[name] = {"server": one.server.url, "certificate-authority-data": authority}
        user = f"{one.person}@{name}"
        users.append({"name": user, "user": {"token": one.token}})
        contexts.append(
            {
                "name": name if is_one else user,
                "context": {"cluster": name, "user": user, "namespace": "default"},
            }
        )
    found = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": value} for name, value in clusters.items()],
        "users": users,
        "contexts": contexts,
        "current-context": contexts[0]["name"] if contexts else "",
    }
    text: str = yaml.safe_dump(found, sort_keys=False)
    return text


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
