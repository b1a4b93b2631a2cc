"""Does what a socket puts on record say from where it came, like what a request does? (Class 27.)"""

from __future__ import annotations

import ast

import pytest
from channels.db import database_sync_to_async

from people.audit.models import Entry
from people.audit.origin import session_mark
from people.audit.seldom import Seldom
from tests.attacks.house import House
from tests.attacks.sockets import answer, knock, socket_paths
from tests.house.floor_plan import ROOT
from tests.house.imports import product_files
from tests.served import wait_for
from tests.trail import Trail

ELSEWHERE = "203.0.113.77"
# A page and the row that its socket leaves: a list that Kubernetes refuses, and an object that is a Secret.
PAGES = {
    "/c/harbour/pay/pods": {"verb": "list", "result": "denied", "namespace": "pay"},
    "/c/harbour/shop/secrets/web": {"verb": "get", "result": "ok", "name": "web"},
}


@pytest.fixture(autouse=True)
def a_new_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clusters.denials._told", Seldom(60.0, 100))
    monkeypatch.setattr("clusters.secret_reads._seen", Seldom(60.0, 100))


@pytest.mark.parametrize("page", PAGES)
async def test_it_has_the_address_and_the_session_of_the_socket(
    open_house: House, trail: Trail, page: str
) -> None:
    session = open_house.sessions["dana"]
    for path in socket_paths():
        await answer(knock(path, session=session, page=page, client=ELSEWHERE))
    row = await database_sync_to_async(_awaited)(trail, page)
    assert (row.person, row.address) == ("dana", ELSEWHERE)
    assert row.session == session_mark(session)


def test_every_consumer_enters_where_that_is_set() -> None:
    """Through `people.socket_auth.enter`; `person_of` alone would leave the rows of a socket without a source."""
    users = {
        file
        for file in product_files(ROOT)
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module == "people.socket_auth"
        and any(name.name != "enter" for name in node.names)
    }
    assert users == set()


def _awaited(trail: Trail, page: str) -> Entry:
    wait_for(lambda: trail.rows(**PAGES[page]).exists())
    return trail.last(**PAGES[page])
