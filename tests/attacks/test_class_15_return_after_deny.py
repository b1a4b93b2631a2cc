"""Where we say no, does the cluster hear nothing of it, neither before nor after? (Class 15.)

The recorder stands before the real API server, and the people's own credentials would be allowed all of it there.
"""

from __future__ import annotations

from channels.db import database_sync_to_async

from tests.attacks.house import PEOPLE, House, undone
from tests.attacks.routes import WRITING, routes
from tests.attacks.rules import IN, expected
from tests.attacks.sockets import answer, knock, live_pages, socket_paths
from tests.attacks.upstream import Recorder

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
        "colour": "red",
    },
)


def test_no_route_that_refuses_has_asked_the_cluster(house: House, recorder: Recorder) -> None:
    house.demote()
    asked = []
    for route in routes():
        for method in sorted(house.methods(route) - {"HEAD"}):
            for who in ("", *PEOPLE):
                if expected(route, who, writes=method in WRITING) == IN:
                    continue
                for form in FORMS if method in WRITING else FORMS[:1]:
                    fields = {name: value.format(server=recorder.url) for name, value in form.items()}
                    with recorder.watched() as seen, undone():
                        found = getattr(house.browser(who), method.lower())(house.address(route), fields)
                    assert found.status_code in (302, 403, 404), f"{method} {route} as {who}"
                    if not seen.is_nothing:
                        asked.append(f"{method} {route} as {who or 'nobody'}: {seen}")
    assert not asked, "\n".join(asked)


def test_nothing_is_asked_afterwards_either(house: House, recorder: Recorder) -> None:
    """A feed that was begun would ask a little later: rene's and dora's credentials are said by nobody at all."""
    house.demote()
    with recorder.watched() as seen:
        for route in routes():
            for who in ("dora", "demi", "idle", "stan"):
                if expected(route, who, writes=False) != IN:
                    house.browser(who).get(house.address(route))
        # What was begun before it is on its way by the time that this is answered.
        assert house.browser("ada").get("/c/harbour/shop/pods").status_code == 200
    assert seen.said_by(house.token("ada")), "the recorder hears what is allowed"
    assert seen.said_by(house.token("dora")) == []


async def test_no_socket_that_is_refused_has_asked_the_cluster(open_house: House, recorder: Recorder) -> None:
    pages = [page for page in (await live_pages(open_house)).values() if page.startswith("/c/")]
    await database_sync_to_async(open_house.demote)()
    with recorder.watched() as seen:
        for path in socket_paths():
            for page in pages:
                for who in ("", "dora", "demi", "idle", "stan"):
                    session = open_house.sessions.get(who, "")
                    assert await answer(knock(path, session=session, page=page)) > 4000, f"{who}: {page}"
        assert (
            await answer(knock(path, session=open_house.sessions["rene"], page="/c/harbour/shop/pods")) == 0
        )
    assert seen.requests, "the recorder hears what is allowed"
    assert {one.headers["authorization"] for one in seen.requests} == {f"Bearer {open_house.token('rene')}"}
    assert seen.writes == []
