"""Does a socket know whose it is, as a page does, before anything is asked of a cluster? (Class 3.)

HTTP middleware sees no socket: sign-in, its end, activity and sharing have to be checked anew there.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth import SESSION_KEY
from django.utils import timezone

from dashboard.live import pulse
from people.models import Session, User
from people.sessions import SessionStore
from tests.attacks.house import House, old_session
from tests.attacks.sockets import (
    NOT_FOUND,
    REFUSED,
    SIGNED_OUT,
    answer,
    close_code,
    knock,
    live_pages,
    opened,
    socket_paths,
)
from tests.attacks.upstream import Recorder


def sessions_that_are_none(house: House) -> dict[str, str]:
    """What a cookie can hold that must let nobody in."""
    house.demote()
    half = SessionStore()
    half[SESSION_KEY] = str(house.users["dana"].pk)  # neither by which way in, nor under which password
    half.save()
    anonymous = SessionStore()
    anonymous["theme"] = "dark"
    anonymous.save()
    changed = house.sessions["rene"]
    rene = house.users["rene"]
    rene.set_password("another-one-of-rene")
    rene.save()
    return {
        "none": "",
        "made up": "x" * 32,
        "no key at all": '"; drop',
        "expired": old_session("dana"),
        "not active": house.sessions["idle"],
        "anonymous": str(anonymous.session_key),
        "half": str(half.session_key),
        "under an earlier password": changed,
    }


async def test_no_socket_opens_without_a_session_that_lives(open_house: House, recorder: Recorder) -> None:
    pages = [*(await live_pages(open_house)).values(), ""]
    dead = await database_sync_to_async(sessions_that_are_none)(open_house)
    with recorder.watched() as seen:
        for path in socket_paths():
            for why, session in dead.items():
                for page in pages:
                    assert await answer(knock(path, session=session, page=page)) == SIGNED_OUT, (
                        f"{why}: {page}"
                    )
    assert seen.is_nothing, seen


async def test_no_socket_opens_to_a_cluster_that_is_not_shared_with_the_person(
    open_house: House, recorder: Recorder
) -> None:
    """Before any connection to it, and as if it were not there."""
    await database_sync_to_async(open_house.demote)()
    pages = {view: page for view, page in (await live_pages(open_house)).items() if "/harbour/" in page}
    with recorder.watched() as seen:
        for path in socket_paths():
            for page in pages.values():
                for who in ("stan", "dora", "demi"):
                    for there in (page, page.replace("/harbour/", "/nowhere/")):
                        found = await answer(knock(path, session=open_house.sessions[who], page=there))
                        assert found == NOT_FOUND, f"{who}: {there}"
                found = await answer(
                    knock(
                        path, session=open_house.sessions["dana"], page=page.replace("/harbour/", "/island/")
                    )
                )
                assert found == NOT_FOUND, page
    assert seen.is_nothing, seen


async def test_a_page_that_is_not_ours_is_no_subscription(open_house: House, recorder: Recorder) -> None:
    with recorder.watched() as seen:
        for path in socket_paths():
            for page in (
                "https://evil.example/c/harbour/shop/secrets",
                "//evil.example/c/harbour/shop/secrets",
                "/clusters/../c/harbour/shop/secrets",
                "/c/harbour/shop/secrets/web/secret-value",
                "/people/",
                "/live/",
                "/c/harbour/shop/secrets" + "x" * 9000,
            ):
                found = await answer(knock(path, session=open_house.sessions["dana"], page=page))
                assert found == NOT_FOUND, page
    assert seen.is_nothing, seen


async def test_an_open_socket_ends_with_its_session_and_with_its_person(
    open_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody tells it too: the pulse asks the database."""
    monkeypatch.setattr(pulse, "INTERVAL", 0.2)
    page, path = "/c/harbour/shop/secrets", socket_paths()[0]
    async with (
        opened(knock(path, session=open_house.sessions["dana"], page=page)) as expired,
        opened(knock(path, session=open_house.sessions["rene"], page=page)) as inactive,
        opened(knock(path, session=open_house.sessions["ada"], page=page)) as living,
    ):
        await database_sync_to_async(_expire)(open_house.sessions["dana"])
        await database_sync_to_async(User.objects.filter(username="rene").update)(is_active=False)
        assert await close_code(expired) > 4000
        assert await close_code(inactive) > 4000
        await living.send_json_to({"what": "no page sends"})
        assert await close_code(living) == REFUSED  # so it was open until then


def _expire(session: str) -> None:
    Session.objects.filter(pk=session).update(expire_date=timezone.now() - timedelta(seconds=1))
