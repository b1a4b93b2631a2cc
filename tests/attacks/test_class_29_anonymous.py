"""Anonymous requests: nothing is sent with an empty, broken or foreign credential (class 29)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from channels.db import database_sync_to_async

from clusters.api.connection import Identity
from clusters.credentials.invalidation import invalidate_credential
from clusters.credentials.sealing import seal
from clusters.credentials.store import context_of, store
from clusters.models import Credential
from tests.attacks.cluster_requests import find_cluster_visits, list_visits
from tests.attacks.installation import Installation
from tests.attacks.recorder import Recorder
from tests.attacks.sockets import handshake, knock, list_live_pages, list_socket_paths
from tests.cleanup import stop_background_work
from tests.clusters.credentials.certificates import make_certificate, to_base64
from tests.clusters.credentials.kubeconfigs import build_config, to_yaml

CERTIFICATE, KEY = make_certificate("dana")
Breaking = Callable[[Credential], None]


def store_identity(**identity: str) -> Breaking:
    return lambda credential: store(credential, Identity(**identity))


def store_bytes(value: Callable[[Credential], bytes]) -> Breaking:
    def breaking(credential: Credential) -> None:
        credential.sealed = value(credential)
        credential.save(update_fields=["sealed", "updated_at"])

    return breaking


def copy_other_credential(credential: Credential) -> bytes:
    return bytes(Credential.objects.exclude(pk=credential.pk).exclude(user=None).latest("pk").sealed)


def flip_bit(credential: Credential) -> bytes:
    sealed = bytes(credential.sealed)
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def store_plaintext(text: bytes) -> Breaking:
    return store_bytes(lambda credential: seal(text, context=context_of(credential)))


BROKEN: dict[str, Breaking] = {
    "no token": store_identity(token=""),
    "a blank": store_identity(token=" "),
    "white space": store_identity(token=" \t "),
    "a line break": store_identity(token="\n"),
    "a token and a line break": store_identity(token="good-token\n"),
    "two words": store_identity(token="good token"),
    "another header": store_identity(token="good-token\r\nImpersonate-User: admin"),
    "the word Bearer": store_identity(token="Bearer good-token"),
    "a NUL": store_identity(token="good\x00token"),
    "a letter beyond ASCII": store_identity(token="göod-token"),
    "a certificate without its key": store_identity(certificate=CERTIFICATE),
    "a key without its certificate": store_identity(key=KEY),
    "blank certificate and key": store_identity(certificate=" \n", key="\n"),
    "what is no certificate": store_identity(certificate="junk", key="junk"),
    "nothing sealed": store_bytes(lambda _credential: b""),
    "half of it": store_bytes(lambda credential: bytes(credential.sealed)[:20]),
    "one bit changed": store_bytes(flip_bit),
    "another row's": store_bytes(copy_other_credential),
    "sealed no JSON": store_plaintext(b"junk"),
    "sealed a list": store_plaintext(b"[]"),
    "sealed no texts": store_plaintext(b'{"token": null, "certificate": null, "key": null}'),
    "sealed an object": store_plaintext(b'{"token": {"a": 1}, "certificate": "", "key": ""}'),
}


def break_credential(installation: Installation, who: str, breaking: Breaking) -> None:
    """The person's own; the team's shared one is good, and must not stand in for it."""
    credential = Credential.objects.get(user=installation.users[who])
    store(credential, Identity(token=installation.token(who)))
    breaking(credential)
    invalidate_credential(credential)


def test_no_route_sends_a_request_without_an_identity(installation: Installation, recorder: Recorder) -> None:
    """Without fields that bring another credential."""
    visits = find_cluster_visits(installation, recorder, "ada")
    stop_background_work()
    for what, breaking in BROKEN.items():
        break_credential(installation, "ada", breaking)
        for visit in list_visits(installation) if what == "another header" else visits:
            with recorder.record() as seen:
                answered = visit.answer(installation, "ada", "key=password&namespace=shop")
            assert not seen.requests, f"{visit} with {what}: {seen}"
            assert answered.status_code < 500, f"{visit} with {what}: {answered.status_code}"


async def test_no_socket_sends_a_request_without_an_identity(
    committed_installation: Installation, recorder: Recorder
) -> None:
    pages = [page for page in (await list_live_pages(committed_installation)).values() if "/harbour/" in page]
    assert len(pages) >= 3
    await database_sync_to_async(stop_background_work)()
    for what, breaking in BROKEN.items():
        await database_sync_to_async(break_credential)(committed_installation, "ada", breaking)
        with recorder.record() as seen:
            for path in list_socket_paths():
                for page in pages:
                    await handshake(knock(path, session=committed_installation.sessions["ada"], page=page))
        assert not seen.requests, f"{what}: {seen}"


@pytest.mark.parametrize(
    "token",
    ["", " ", "\n", " \t\r\n", "a b", "a\nb", "tök", "a\x00b", "Bearer x", "\u200b", "\ufeff", "x" * 40_000],
)
def test_none_is_tried_that_would_be_anonymous(
    installation: Installation, recorder: Recorder, token: str
) -> None:
    cluster = {"server": recorder.url, "certificate-authority-data": to_base64(recorder.ca)}
    kubeconfig = to_yaml(build_config(user={"token": token}, cluster=cluster))
    forms = [
        ("/clusters/harbour/credential/", {"way": "token", "token": token}),
        ("/clusters/harbour/credential/", {"way": "certificate", "certificate": token, "key": token}),
        ("/clusters/harbour/credential/", {"way": "kubeconfig", "kubeconfig": kubeconfig}),
        ("/clusters/harbour/teams/shop/credential/", {"way": "token", "token": token}),
        ("/clusters/import/", {"kubeconfig": kubeconfig, "carry-out": "yes", "context-chosen": "0:shop"}),
    ]
    with recorder.record() as seen:
        for path, form in forms:
            assert installation.browser("ada").post(path, form).status_code in (200, 422), path
    assert seen.is_empty, seen
