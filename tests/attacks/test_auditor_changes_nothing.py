"""Can an auditor change anything, here or in a cluster? The credential of the one who tries is a cluster-admin's.

What remains is one's own session, credential and preferences: AUDITORS_OWN in tests/attacks/rules.py names each view.
"""

from __future__ import annotations

from channels.db import database_sync_to_async

from clusters.models import ClusterRequest
from clusters.visible import roles
from people.models import Role
from tests.attacks.house import House, undone
from tests.attacks.routes import WRITING, routes
from tests.attacks.rules import AUDITORS_OWN, RULES, Rule
from tests.attacks.sockets import knock, live_pages, opened, socket_paths
from tests.attacks.state import changes, dump
from tests.attacks.upstream import Recorder
from tests.clusters.credentials import kubeconfigs

# Sessions, which one's own sign-out and sign-in write, and what belongs to the auditor alone.
OWN_TABLES = ("people.Session", "people.SignInFailures", "clusters.KnownNamespace")
FORMS = (
    {},
    {
        "standing": "administrator",
        "role": "operator",
        "name": "Another",
        "slug": "harbour",
        "team": "pay",
        "user": "1",
        "cluster": "harbour",
        "server": "https://127.0.0.1:9",
        "colour": "red",
        "namespace": "shop",
        "save_anyway": "yes",
    },
)


def test_every_route_that_writes_answers_403_and_the_cluster_hears_nothing(
    house: House, recorder: Recorder
) -> None:
    client, before, wrong, walked = house.browser("aude"), dump(), [], set()
    for route in house.writing():
        if route.name in AUDITORS_OWN:
            continue
        walked.add(route.name)
        for method in sorted(set(WRITING) & house.methods(route)):
            for form in FORMS:
                with recorder.watched() as seen:
                    answer = getattr(client, method.lower())(house.address(route, owner="aude"), form)
                if answer.status_code != 403 or not seen.is_nothing:
                    wrong.append(f"{method} {route}: {answer.status_code}; {seen}")
    assert not wrong, "\n".join(wrong)
    assert changes(before, dump()) == []
    assert len(walked) > 20


def test_what_an_auditor_may_still_write_is_named_and_there(house: House) -> None:
    """A view that is gone, or takes no POST any more, is no exception; nor is one that others' objects are behind."""
    there = {route.name: route for route in house.writing()}
    assert set(there) >= AUDITORS_OWN
    assert not {
        name for name in AUDITORS_OWN if RULES[name] in (Rule.ADMINISTRATOR, Rule.OPERATOR, Rule.AUDITOR)
    }


def test_what_an_auditor_may_still_write_changes_nothing_of_others(house: House, recorder: Recorder) -> None:
    """With every field that any form here has: neither clusters, teams, shares, requests, nor anybody else."""
    before, wrong = dump(without=OWN_TABLES), []
    with recorder.watched() as seen:
        for route in house.writing():
            if route.name not in AUDITORS_OWN - {
                "people:invitation"
            }:  # a link is of its holder, whoever that is
                continue
            for owner in ("aude", "dana"):
                for form in FORMS:
                    with undone():
                        house.browser("aude").post(house.address(route, owner=owner), form)
                        after = dump(without=OWN_TABLES)
                    wrong += [
                        f"{route}: {line}" for line in changes(before, after) if not _is_own(route.name, line)
                    ]
    assert not wrong, "\n".join(wrong)
    assert seen.writes == []


def test_an_auditor_asks_for_no_cluster(house: House, recorder: Recorder) -> None:
    """The import keeps an own credential; a cluster that is not here is a wish, and wishes are changes."""
    text = kubeconfigs.text(kubeconfigs.config(cluster={"server": "https://elsewhere.example.com:6443"}))
    before = dump(without=OWN_TABLES)
    form = {"kubeconfig": text, "carry-out": "yes", "context-chosen": "0:shop", "name-0": "x", "slug-0": "x"}
    with recorder.watched() as seen:
        page = house.browser("aude").post("/clusters/import/", {"kubeconfig": text})
        assert b"auditors ask for none" in page.content
        assert house.browser("aude").post("/clusters/import/", form).status_code == 422
    assert changes(before, dump(without=OWN_TABLES)) == []
    assert seen.is_nothing, seen
    with undone():
        house.browser("stan").post("/clusters/import/", form)
        assert ClusterRequest.objects.filter(server="https://elsewhere.example.com:6443").exists()


def test_an_auditor_looks_at_everything_and_the_cluster_is_only_read(
    house: House, recorder: Recorder
) -> None:
    client, before = house.browser("aude"), dump()
    with recorder.watched() as seen:
        for route in routes():
            if "GET" in house.methods(route):
                client.get(house.address(route, owner="aude"))
    assert changes(before, dump()) == []
    assert seen.said_by(house.token("aude")), "pages of the cluster were read"
    assert seen.writes == []


def test_a_team_makes_no_operator_of_an_auditor(house: House) -> None:
    """Aude's membership says operator; dana's is the same and counts."""
    harbour = house.clusters["harbour"].pk
    assert roles(house.users["aude"])[harbour] == Role.READER
    assert roles(house.users["dana"])[harbour] == Role.OPERATOR


async def test_no_socket_of_an_auditor_writes(open_house: House, recorder: Recorder) -> None:
    """Every live page, with every message that a page can send and some that it cannot."""
    pages = (await live_pages(open_house)).values()
    before = await database_sync_to_async(dump)(without=OWN_TABLES)
    messages = [
        {"ack": 1},
        {"pause": True},
        {"pause": False},
        {"renew": "q=x&namespace=pay&action=delete&replicas=0"},
        {"delete": "web", "method": "DELETE", "body": {}},
    ]
    with recorder.watched() as seen:
        for path in socket_paths():
            for page in pages:
                communicator = knock(path, session=open_house.sessions["aude"], page=page)
                accepted, _code = await communicator.connect(timeout=30)
                if accepted:
                    for message in messages:
                        await communicator.send_json_to(message)
                    await communicator.disconnect(timeout=30)
        async with opened(knock(path, session=open_house.sessions["aude"], page="/c/harbour/pay/pods")):
            pass
    assert seen.said_by(open_house.token("aude")), "pages of the cluster were read"
    assert seen.writes == []
    assert changes(before, await database_sync_to_async(dump)(without=OWN_TABLES)) == []


def _is_own(view: str, line: str) -> bool:
    """The auditor's own row, in a view that is for it: one's name and password, one's credential."""
    if view in ("people:me", "people:change_password"):
        return line.startswith("people.User") and "'aude'" in line and "'dana'" not in line
    if view == "clusters:remove_credential":
        return line.startswith(("clusters.Credential", "people.User")) and "'dana'" not in line
    return False
