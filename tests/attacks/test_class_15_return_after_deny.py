"""Return after deny: a refused request sends nothing to the cluster, before or after (class 15).

The recorder stands before the real API server, and the people's own credentials would be allowed all of it there.
"""

from __future__ import annotations

from channels.db import database_sync_to_async

from tests.attacks.installation import PEOPLE, Installation, roll_back
from tests.attacks.recorder import Recorder
from tests.attacks.routes import WRITING, list_routes
from tests.attacks.rules import ALLOWED, expect_access
from tests.attacks.sockets import LIVE, handshake, knock, list_live_pages, list_socket_paths

FORMS = (
    {},
    {
        "key": "no-such-key",
        "namespace": "shop",
        "way": "token",
        "server": "{server}",
        "name": "New",
        "slug": "new",
        "unverified": "do not verify",
        "color": "red",
    },
)


def test_no_refusing_route_sends_a_request_to_the_cluster(
    installation: Installation, recorder: Recorder
) -> None:
    installation.demote()
    requests = []
    for route in list_routes():
        for method in sorted(installation.methods(route) - {"HEAD"}):
            for who in ("", *PEOPLE):
                if expect_access(route, who, writes=method in WRITING) == ALLOWED:
                    continue
                for form in FORMS if method in WRITING else FORMS[:1]:
                    fields = {name: value.format(server=recorder.url) for name, value in form.items()}
                    with recorder.record() as seen, roll_back():
                        found = getattr(installation.browser(who), method.lower())(
                            installation.address(route), fields
                        )
                    assert found.status_code in (302, 403, 404), f"{method} {route} as {who}"
                    if not seen.is_empty:
                        requests.append(f"{method} {route} as {who or 'nobody'}: {seen}")
    assert not requests, "\n".join(requests)


def test_no_request_is_sent_afterwards_either(installation: Installation, recorder: Recorder) -> None:
    """A feed that was begun would ask a little later: rene's and dora's credentials are said by nobody at all."""
    installation.demote()
    with recorder.record() as seen:
        for route in list_routes():
            for who in ("dora", "demi", "idle", "stan"):
                if expect_access(route, who, writes=False) != ALLOWED:
                    installation.browser(who).get(installation.address(route))
        # What was begun before it is on its way by the time that this is answered.
        assert installation.browser("ada").get("/c/harbour/shop/pods").status_code == 200
    assert seen.with_token(installation.token("ada")), "the recorder hears what is allowed"
    assert seen.with_token(installation.token("dora")) == []


async def test_no_refused_socket_sends_a_request_to_the_cluster(
    committed_installation: Installation, recorder: Recorder
) -> None:
    pages = [
        page for page in (await list_live_pages(committed_installation)).values() if page.startswith("/c/")
    ]
    await database_sync_to_async(committed_installation.demote)()
    with recorder.record() as seen:
        for path in list_socket_paths():
            for page in pages:
                for who in ("", "dora", "demi", "idle", "stan"):
                    session = committed_installation.sessions.get(who, "")
                    assert await handshake(knock(path, session=session, page=page)) > 4000, f"{who}: {page}"
        assert (
            await handshake(
                knock(LIVE, session=committed_installation.sessions["rene"], page="/c/harbour/shop/pods")
            )
            == 0
        )
    assert seen.requests, "the recorder hears what is allowed"
    assert {one.headers["authorization"] for one in seen.requests} == {
        f"Bearer {committed_installation.token('rene')}"
    }
    assert seen.writes == []
