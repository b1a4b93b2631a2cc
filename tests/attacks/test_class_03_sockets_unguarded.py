"""Socket authorization: a socket checks session and share before any request to a cluster (class 3).

HTTP middleware sees no socket: sign-in, its end, activity and sharing have to be checked anew there.
"""

from __future__ import annotations

from datetime import timedelta

from channels.db import database_sync_to_async
from django.contrib.auth import SESSION_KEY
from django.utils import timezone
from pytest_django.fixtures import Settings

from dashboard.timings import LiveTimings, Timings
from people.models import Session, User
from people.sessions import SessionStore, hash_key
from tests.attacks.installation import Installation, make_expired_session
from tests.attacks.recorder import Recorder
from tests.attacks.sockets import (
    NOT_FOUND,
    REFUSED,
    SIGNED_OUT,
    handshake,
    knock,
    list_live_pages,
    list_socket_paths,
    open_socket,
    wait_for_close,
)


def make_invalid_sessions(installation: Installation) -> dict[str, str]:
    """What a cookie can hold that must let nobody in."""
    installation.demote()
    half = SessionStore()
    half[SESSION_KEY] = str(
        installation.users["dana"].pk
    )  # neither by which way in, nor under which password
    half.save()
    anonymous = SessionStore()
    anonymous["theme"] = "dark"
    anonymous.save()
    changed = installation.sessions["rene"]
    rene = installation.users["rene"]
    rene.set_password("another-one-of-rene")
    rene.save()
    return {
        "none": "",
        "made up": "x" * 32,
        "no key at all": '"; drop',
        "expired": make_expired_session("dana"),
        "not active": installation.sessions["idle"],
        "anonymous": str(anonymous.session_key),
        "half": str(half.session_key),
        "under an earlier password": changed,
    }


async def test_no_socket_opens_without_a_session_that_lives(
    committed_installation: Installation, recorder: Recorder
) -> None:
    pages = [*(await list_live_pages(committed_installation)).values(), ""]
    dead = await database_sync_to_async(make_invalid_sessions)(committed_installation)
    with recorder.record() as seen:
        for path in list_socket_paths():
            for why, session in dead.items():
                for page in pages:
                    assert await handshake(knock(path, session=session, page=page)) == SIGNED_OUT, (
                        f"{why}: {page}"
                    )
    assert seen.is_empty, seen


async def test_no_socket_opens_to_a_cluster_that_is_not_shared_with_the_person(
    committed_installation: Installation, recorder: Recorder
) -> None:
    """Before any connection to it, and as if it were not there."""
    await database_sync_to_async(committed_installation.demote)()
    pages = {
        view: page
        for view, page in (await list_live_pages(committed_installation)).items()
        if "/harbour/" in page
    }
    with recorder.record() as seen:
        for path in list_socket_paths():
            for page in pages.values():
                for who in ("stan", "dora", "demi"):
                    for there in (page, page.replace("/harbour/", "/nowhere/")):
                        found = await handshake(
                            knock(path, session=committed_installation.sessions[who], page=there)
                        )
                        assert found == NOT_FOUND, f"{who}: {there}"
                found = await handshake(
                    knock(
                        path,
                        session=committed_installation.sessions["dana"],
                        page=page.replace("/harbour/", "/island/"),
                    )
                )
                assert found == NOT_FOUND, page
    assert seen.is_empty, seen


async def test_a_page_that_is_not_ours_is_no_subscription(
    committed_installation: Installation, recorder: Recorder
) -> None:
    with recorder.record() as seen:
        for path in list_socket_paths():
            for page in (
                "https://evil.example/c/harbour/shop/secrets",
                "//[",
                "//[::1/c/harbour/shop/secrets",
                "/c/harbour/shop/secrets?" + "a&" * 1500,
                "//evil.example/c/harbour/shop/secrets",
                "/clusters/../c/harbour/shop/secrets",
                "/c/harbour/shop/secrets/web/secret-value",
                "/people/",
                "/live/",
                "/c/harbour/shop/secrets" + "x" * 9000,
            ):
                found = await handshake(
                    knock(path, session=committed_installation.sessions["dana"], page=page)
                )
                assert found == NOT_FOUND, page
    assert seen.is_empty, seen


async def test_a_message_with_too_many_fields_closes_its_socket(committed_installation: Installation) -> None:
    page, path = "/c/harbour/shop/secrets", list_socket_paths()[0]
    async with open_socket(knock(path, session=committed_installation.sessions["dana"], page=page)) as socket:
        await socket.send_json_to({"renew": "a&" * 1500})
        assert await wait_for_close(socket) == REFUSED


async def test_an_open_socket_ends_with_its_session_and_with_its_person(
    committed_installation: Installation, settings: Settings
) -> None:
    """Where nobody tells it too: the pulse asks the database."""
    settings.TIMINGS = Timings(live=LiveTimings(session_check=0.2))
    page, path = "/c/harbour/shop/secrets", list_socket_paths()[0]
    async with (
        open_socket(knock(path, session=committed_installation.sessions["dana"], page=page)) as expired,
        open_socket(knock(path, session=committed_installation.sessions["rene"], page=page)) as inactive,
        open_socket(knock(path, session=committed_installation.sessions["ada"], page=page)) as living,
    ):
        await database_sync_to_async(_expire)(committed_installation.sessions["dana"])
        await database_sync_to_async(User.objects.filter(username="rene").update)(is_active=False)
        assert await wait_for_close(expired) > 4000
        assert await wait_for_close(inactive) > 4000
        await living.send_json_to({"what": "no page sends"})
        assert await wait_for_close(living) == REFUSED  # so it was open until then


def _expire(session: str) -> None:
    Session.objects.filter(pk=hash_key(session)).update(expire_date=timezone.now() - timedelta(seconds=1))
