"""Auditors change nothing: every route and socket, with the credential of a cluster-admin.

What remains is one's own session, credential and preferences: AUDITORS_OWN in tests/attacks/rules.py names each view.
"""

from __future__ import annotations

from channels.db import database_sync_to_async

from clusters.models import ClusterRequest
from clusters.sharing import roles
from people.models import TeamRole
from tests.attacks.database_state import diff, dump
from tests.attacks.installation import Installation, roll_back
from tests.attacks.recorder import Recorder
from tests.attacks.routes import WRITING, list_routes
from tests.attacks.rules import AUDITORS_OWN, RULES, Rule
from tests.attacks.sockets import LIVE, knock, list_live_pages, list_socket_paths, open_socket
from tests.clusters.credentials import kubeconfigs

# Sessions, which one's own sign-out and sign-in write, and what belongs to the auditor alone.
OWN_TABLES = ("people.Session", "people.SignInFailures", "clusters.KnownNamespace")
FORMS = (
    {},
    {
        "global_role": "administrator",
        "role": "editor",
        "name": "Another",
        "slug": "harbour",
        "team": "pay",
        "user": "1",
        "cluster": "harbour",
        "server": "https://127.0.0.1:9",
        "color": "red",
        "namespace": "shop",
        "save_anyway": "yes",
    },
)


def test_every_route_that_writes_answers_403_and_the_cluster_hears_nothing(
    installation: Installation, recorder: Recorder
) -> None:
    client, before, wrong, walked = installation.browser("aude"), dump(), [], set()
    for route in installation.writing_routes():
        if route.name in AUDITORS_OWN:
            continue
        walked.add(route.name)
        for method in sorted(set(WRITING) & installation.methods(route)):
            for form in FORMS:
                with recorder.record() as seen:
                    answer = getattr(client, method.lower())(installation.address(route, owner="aude"), form)
                if answer.status_code != 403 or not seen.is_empty:
                    wrong.append(f"{method} {route}: {answer.status_code}; {seen}")
    assert not wrong, "\n".join(wrong)
    assert diff(before, dump()) == []
    assert len(walked) > 20


def test_what_an_auditor_may_still_write_is_named_and_there(installation: Installation) -> None:
    """A view that is gone, or takes no POST any more, is no exception; nor is one that others' objects are behind."""
    there = {route.name: route for route in installation.writing_routes()}
    assert set(there) >= AUDITORS_OWN
    assert not {
        name for name in AUDITORS_OWN if RULES[name] in (Rule.ADMINISTRATOR, Rule.EDITOR, Rule.AUDITOR)
    }


def test_what_an_auditor_may_still_write_changes_nothing_of_others(
    installation: Installation, recorder: Recorder
) -> None:
    """With every field that any form here has: neither clusters, teams, shares, requests, nor anybody else."""
    before, wrong = dump(excluded=OWN_TABLES), []
    with recorder.record() as seen:
        for route in installation.writing_routes():
            if route.name not in AUDITORS_OWN - {
                "accounts:invitation"
            }:  # a link is of its holder, whoever that is
                continue
            for owner in ("aude", "dana"):
                for form in FORMS:
                    with roll_back():
                        installation.browser("aude").post(installation.address(route, owner=owner), form)
                        after = dump(excluded=OWN_TABLES)
                    wrong += [
                        f"{route}: {line}" for line in diff(before, after) if not _is_own(route.name, line)
                    ]
    assert not wrong, "\n".join(wrong)
    assert seen.writes == []


def test_an_auditor_requests_no_cluster(installation: Installation, recorder: Recorder) -> None:
    """The import keeps an own credential; an unknown cluster becomes a request, and requests are changes."""
    text = kubeconfigs.to_yaml(
        kubeconfigs.build_config(cluster={"server": "https://elsewhere.example.com:6443"})
    )
    before = dump(excluded=OWN_TABLES)
    form = {"kubeconfig": text, "carry-out": "yes", "context-chosen": "0:shop", "name-0": "x", "slug-0": "x"}
    with recorder.record() as seen:
        page = installation.browser("aude").post("/clusters/import/", {"kubeconfig": text})
        assert b"auditors cannot request clusters" in page.content
        assert installation.browser("aude").post("/clusters/import/", form).status_code == 422
    assert diff(before, dump(excluded=OWN_TABLES)) == []
    assert seen.is_empty, seen
    with roll_back():
        installation.browser("stan").post("/clusters/import/", form)
        assert ClusterRequest.objects.filter(server="https://elsewhere.example.com:6443").exists()


def test_an_auditor_looks_at_everything_and_the_cluster_is_only_read(
    installation: Installation, recorder: Recorder
) -> None:
    client, before = installation.browser("aude"), dump()
    with recorder.record() as seen:
        for route in list_routes():
            if "GET" in installation.methods(route):
                client.get(installation.address(route, owner="aude"))
    assert diff(before, dump()) == []
    assert seen.with_token(installation.token("aude")), "pages of the cluster were read"
    assert seen.writes == []


def test_a_team_makes_no_editor_of_an_auditor(installation: Installation) -> None:
    """Aude's membership says editor; dana's is the same and counts."""
    harbour = installation.clusters["harbour"].pk
    assert roles(installation.users["aude"])[harbour] == TeamRole.VIEWER
    assert roles(installation.users["dana"])[harbour] == TeamRole.EDITOR


async def test_no_socket_of_an_auditor_writes(
    committed_installation: Installation, recorder: Recorder
) -> None:
    """Every live page, with every message that a page can send and some that it cannot."""
    pages = (await list_live_pages(committed_installation)).values()
    before = await database_sync_to_async(dump)(excluded=OWN_TABLES)
    messages = [
        {"ack": 1},
        {"pause": True},
        {"pause": False},
        {"renew": "q=x&namespace=pay&action=delete&replicas=0"},
        {"delete": "web", "method": "DELETE", "body": {}},
    ]
    with recorder.record() as seen:
        for path in list_socket_paths():
            for page in pages:
                communicator = knock(path, session=committed_installation.sessions["aude"], page=page)
                accepted, _code = await communicator.connect(timeout=30)
                if accepted:
                    for message in messages:
                        await communicator.send_json_to(message)
                    await communicator.disconnect(timeout=30)
        async with open_socket(
            knock(LIVE, session=committed_installation.sessions["aude"], page="/c/harbour/pay/pods")
        ):
            pass
    assert seen.with_token(committed_installation.token("aude")), "pages of the cluster were read"
    assert seen.writes == []
    assert diff(before, await database_sync_to_async(dump)(excluded=OWN_TABLES)) == []


def _is_own(view: str, line: str) -> bool:
    """The auditor's own row, in a view that is for it: one's name, password, credential and draft."""
    if view in ("accounts:me", "accounts:change_password"):
        return line.startswith("people.User") and "'aude'" in line and "'dana'" not in line
    if view == "clusters:remove_credential":
        return line.startswith(("clusters.Credential", "people.User")) and "'dana'" not in line
    if view in ("personal_tokens:tokens", "personal_tokens:revoke"):
        return line.startswith("clusters.PersonalToken") and "'of dana'" not in line
    if view == "resources:draft":
        return line.startswith("clusters.Draft: [] instead of [(") and line.count("UUID(") == 1
    return False
