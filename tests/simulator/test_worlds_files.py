"""World files: errors name the file, the path in it and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.worlds.checking import WorldError
from simulator.worlds.world import build

PEOPLE = "people: {dana: {groups: [team-shop], about: Develops}}\n"
NODES = (
    "nodes: [{pool: general, count: 1, zones: [a], cpu: 4, memory: 8Gi}]\nnamespaces: {shop: {team: shop}}\n"
)
WRONG = {
    "people: []\n": "small.yaml: people: is [], and must be a mapping.",
    NODES: "small.yaml: lacks 'people'. Add it: a mapping.",
    PEOPLE + NODES + "aps: []\n": "small.yaml: unknown key 'aps'. Did you mean 'apps'?",
    PEOPLE + NODES + "apps: [{name: web, namespace: shop, replcas: 3}]\n": (
        "small.yaml: apps[0] (web): unknown key 'replcas'. Did you mean 'replicas'?"
    ),
    PEOPLE + NODES + "apps: [{name: web, namespace: shop, replicas: many}]\n": (
        "small.yaml: apps[0] (web).replicas: is 'many', and must be a whole number."
    ),
    PEOPLE + NODES + "apps: [{name: web, namespace: shop, kind: Deployments}]\n": (
        "small.yaml: apps[0] (web).kind: is 'Deployments'. Did you mean 'Deployment'?"
    ),
    PEOPLE + NODES + "apps: [{name: web, namespace: nowhere}]\n": (
        "small.yaml: apps (web): there is no namespace 'nowhere'. Add it to namespaces, or use one of shop."
    ),
    PEOPLE + NODES + "apps: [{name: web, namespace: shop, pool: huge}]\n": (
        "small.yaml: apps (web): there is no pool 'huge'. There are general."
    ),
    PEOPLE + NODES + "apps: [{name: web, namespace: shop, age: old}]\n": (
        "small.yaml: apps (web).age: 'old' is no duration. Write it like 90s, 20m, 3h, 12d or 1h30m."
    ),
    PEOPLE + NODES + "apps: [{name: nightly, namespace: shop, kind: CronJob}]\n": (
        "small.yaml: apps (nightly): a CronJob lacks its schedule. Add one, like '*/10 * * * *'."
    ),
    PEOPLE + NODES + "apps: [{name: web, namespace: shop, behavior: {after: [1s], code: 1}}]\n": (
        "small.yaml: apps (web).behavior.after: has 1 parts. Write a duration, or [least, most]."
    ),
    PEOPLE + NODES + "apps: [{name: web, namespace: shop, replicas: 9, cpu: 1}]\n": (
        "small.yaml: no node has enough free resources for the pods web-"
    ),
    PEOPLE + NODES + "apps: [{name: web, namespace: shop, replicas: 2, cpu: 3}]\n": (
        "small.yaml: no node has enough free resources for the pods web-"
    ),
    PEOPLE + NODES + "apps: [{name: web, namespace: shop, replicas: 2, memory: 5Gi}]\n": (
        "small.yaml: no node has enough free resources for the pods web-"
    ),
    PEOPLE
    + NODES
    + "apps: [{name: Web, namespace: shop}]\n": "small.yaml: Deployment shop/Web is rejected: ",
    PEOPLE + NODES + "objects: [{apiVersion: v9, kind: Thing, metadata: {name: a}}]\n": (
        "small.yaml: objects: No kind Thing in v9. Fix it"
    ),
    PEOPLE + NODES + "objects: [{apiVersion: v1, kind: Secret}]\n": (
        "small.yaml: objects[0]: lacks 'metadata'. Write the object as kubectl reads it."
    ),
    PEOPLE
    + NODES
    + "include: [everything]\n": "small.yaml: include: there is no part 'everything'. There are ",
    PEOPLE + NODES + "downtimes: [{pool: huge}]\n": "small.yaml: downtimes: there is no pool 'huge'.",
    "people: {dana: [}\n": "small.yaml: is no YAML: ",
}


def write(folder: Path, text: str) -> None:
    (folder / "small.yaml").write_text(text)


@pytest.mark.parametrize(("text", "expected"), WRONG.items(), ids=range(len(WRONG)))
def test_it_says_what_is_wrong(tmp_path: Path, text: str, expected: str) -> None:
    write(tmp_path, text)
    with pytest.raises(WorldError) as found:
        build("small", folder=tmp_path)
    assert str(found.value).startswith(expected)


def test_it_says_which_worlds_there_are(tmp_path: Path) -> None:
    write(tmp_path, PEOPLE)
    with pytest.raises(WorldError, match=r"There is no world smal\. There are small\."):
        build("smal", folder=tmp_path)


def test_it_accepts_a_small_one(tmp_path: Path) -> None:
    write(
        tmp_path, PEOPLE + NODES + "apps: [{name: web, namespace: shop, count: 2, replicas: 2, port: 8080}]\n"
    )
    world = build("small", folder=tmp_path, seed=1, speed=0)
    deployments = [one["metadata"]["name"] for one in world.cluster.store.items(("apps", "deployments"))]
    assert deployments == ["web-1", "web-2"]
    assert world.cluster.store.count(("", "pods")) == 4
