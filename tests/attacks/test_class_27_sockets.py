"""Audit entries of sockets: source address and session, as for a request (class 27)."""

from __future__ import annotations

import ast

import pytest
from channels.db import database_sync_to_async

from people.audit.models import AuditEntry
from people.audit.origin import session_mark
from people.sessions import hash_key
from tests.architecture.architecture_map import ROOT
from tests.architecture.imports import list_product_files
from tests.attacks.installation import Installation
from tests.attacks.sockets import handshake, knock, list_socket_paths
from tests.audit_trail import AuditTrail
from tests.dashboard_server import wait_for

pytestmark = pytest.mark.usefixtures("fresh_rate_limits")

ELSEWHERE = "203.0.113.77"
# A page and the row that its socket leaves: a list that Kubernetes refuses, and an object that is a Secret.
PAGES = {
    "/c/harbour/pay/pods": {"verb": "list", "result": "denied", "namespace": "pay"},
    "/c/harbour/shop/secrets/web": {"verb": "get", "result": "ok", "name": "web"},
}


@pytest.mark.parametrize("page", PAGES)
async def test_it_has_the_address_and_the_session_of_the_socket(
    committed_installation: Installation, audit_trail: AuditTrail, page: str
) -> None:
    session = committed_installation.sessions["dana"]
    for path in list_socket_paths():
        await handshake(knock(path, session=session, page=page, client=ELSEWHERE))
    row = await database_sync_to_async(_wait_for_entry)(audit_trail, page)
    assert (row.person, row.address) == ("dana", ELSEWHERE)
    assert row.session == session_mark(hash_key(session))


def test_every_consumer_authenticates_where_that_is_set() -> None:
    """Through `authenticate_socket`; the other functions there would leave the rows of a socket without a source."""
    imported = {
        name.name
        for file in list_product_files(ROOT)
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "dashboard.live.socket_auth"
        for name in node.names
    }
    assert imported == {"authenticate_socket"}


def _wait_for_entry(audit_trail: AuditTrail, page: str) -> AuditEntry:
    wait_for(lambda: audit_trail.list_rows(**PAGES[page]).exists())
    return audit_trail.get_last(**PAGES[page])
