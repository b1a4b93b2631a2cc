"""Is nothing sent where the credential is empty, broken or another's? A blank one would be anonymous. (Class 29.)"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from channels.db import database_sync_to_async

from clusters.api.connection import Identity
from clusters.credentials.changed import credential_changed
from clusters.credentials.sealing import seal
from clusters.credentials.stored import context_of, store
from clusters.models import Credential
from tests.attacks.house import House
from tests.attacks.reaching import everything, reaching
from tests.attacks.sockets import answer, knock, live_pages, socket_paths
from tests.attacks.upstream import Recorder
from tests.clusters.credentials.kubeconfigs import config, text
from tests.clusters.credentials.pki import certificate, packed
from tests.quiet import quiet

CERTIFICATE, KEY = certificate("dana")
Breaking = Callable[[Credential], None]


def holds(**identity: str) -> Breaking:
    return lambda credential: store(credential, Identity(**identity))


def rests_as(value: Callable[[Credential], bytes]) -> Breaking:
    def breaking(credential: Credential) -> None:
        credential.sealed = value(credential)
        credential.save(update_fields=["sealed", "updated_at"])

    return breaking


def of_another(credential: Credential) -> bytes:
    return bytes(Credential.objects.exclude(pk=credential.pk).exclude(user=None).latest("pk").sealed)


def changed(credential: Credential) -> bytes:
    sealed = bytes(credential.sealed)
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def says(text: bytes) -> Breaking:
    return rests_as(lambda credential: seal(text, context=context_of(credential)))


BROKEN: dict[str, Breaking] = {
    "no token": holds(token=""),
    "a blank": holds(token=" "),
    "white space": holds(token=" \t "),
    "a line break": holds(token="\n"),
    "a token and a line break": holds(token="good-token\n"),
    "two words": holds(token="good token"),
    "another header": holds(token="good-token\r\nImpersonate-User: admin"),
    "the word “Bearer”": holds(token="Bearer good-token"),
    "a NUL": holds(token="good\x00token"),
    "a letter beyond ASCII": holds(token="göod-token"),
    "a certificate without its key": holds(certificate=CERTIFICATE),
    "a key without its certificate": holds(key=KEY),
    "blank certificate and key": holds(certificate=" \n", key="\n"),
    "what is no certificate": holds(certificate="junk", key="junk"),
    "nothing sealed": rests_as(lambda _credential: b""),
    "half of it": rests_as(lambda credential: bytes(credential.sealed)[:20]),
    "one bit changed": rests_as(changed),
    "another row's": rests_as(of_another),
    "sealed no JSON": says(b"junk"),
    "sealed a list": says(b"[]"),
    "sealed no texts": says(b'{"token": null, "certificate": null, "key": null}'),
    "sealed an object": says(b'{"token": {"a": 1}, "certificate": "", "key": ""}'),
}


def break_it(house: House, who: str, breaking: Breaking) -> None:
    """The person's own; the team's shared one is good, and must not stand in for it."""
    credential = Credential.objects.get(user=house.users[who])
    store(credential, Identity(token=house.token(who)))
    breaking(credential)
    credential_changed(credential)


def test_no_route_asks_a_cluster_with_what_proves_nothing(house: House, recorder: Recorder) -> None:
    """Without fields that bring another credential."""
    visits = reaching(house, recorder, "ada")
    quiet()
    for what, breaking in BROKEN.items():
        break_it(house, "ada", breaking)
        for visit in everything(house) if what == "another header" else visits:
            with recorder.watched() as seen:
                answered = visit.answer(house, "ada", "key=password&namespace=shop")
            assert not seen.requests, f"{visit} with {what}: {seen}"
            assert answered.status_code < 500, f"{visit} with {what}: {answered.status_code}"


async def test_no_socket_asks_a_cluster_with_what_proves_nothing(
    open_house: House, recorder: Recorder
) -> None:
    pages = [page for page in (await live_pages(open_house)).values() if "/harbour/" in page]
    assert len(pages) >= 3
    await database_sync_to_async(quiet)()
    for what, breaking in BROKEN.items():
        await database_sync_to_async(break_it)(open_house, "ada", breaking)
        with recorder.watched() as seen:
            for path in socket_paths():
                for page in pages:
                    await answer(knock(path, session=open_house.sessions["ada"], page=page))
        assert not seen.requests, f"{what}: {seen}"


@pytest.mark.parametrize(
    "token",
    ["", " ", "\n", " \t\r\n", "a b", "a\nb", "tök", "a\x00b", "Bearer x", "\u200b", "\ufeff", "x" * 40_000],
)
def test_none_is_tried_that_would_be_anonymous(house: House, recorder: Recorder, token: str) -> None:
    cluster = {"server": recorder.url, "certificate-authority-data": packed(recorder.ca)}
    kubeconfig = text(config(user={"token": token}, cluster=cluster))
    forms = [
        ("/clusters/harbour/credential/", {"way": "token", "token": token}),
        ("/clusters/harbour/credential/", {"way": "certificate", "certificate": token, "key": token}),
        ("/clusters/harbour/credential/", {"way": "kubeconfig", "kubeconfig": kubeconfig}),
        ("/clusters/harbour/teams/shop/credential/", {"way": "token", "token": token}),
        ("/clusters/import/", {"kubeconfig": kubeconfig, "carry-out": "yes", "context-chosen": "0:shop"}),
    ]
    with recorder.watched() as seen:
        for path, form in forms:
            assert house.browser("ada").post(path, form).status_code in (200, 422), path
    assert seen.is_nothing, seen
