"""Fuzzing of WebSocket messages: 31,000 frames do no more than close the socket."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from dashboard.address.paths import parse
from dashboard.lists.listing import open_listing
from dashboard.lists.live import ListSubscription
from dashboard.live.consumer import REFUSED, LiveConsumer
from tests.attacks.fuzz import Mutations, batch_settings, limit_time
from tests.attacks.fuzz_cases import FRAMES
from tests.attacks.installation import Installation
from tests.attacks.sockets import knock, list_socket_paths, open_socket, wait_for_close
from tests.lanes import short_and_long

BATCH = 100
CORPUS = (
    '{"ack": 1, "took": 12.5}',
    '{"pause": true}',
    '{"renew": "q=web&sort=-age"}',
    '{"ack": 3}',
    *FRAMES,
)
SIGNS = (
    *(
        '{"',
        '": ',
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "null",
        "true",
        "false",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1",
    ),
    *(
        "9" * 400,
        "0.1",
        '"ack"',
        '"took"',
        '"pause"',
        '"renew"',
        '"constructor"',
        "\\u0000",
        "\\ud800",
        "\x00",
        "\u2028",
        "é",
    ),
    *(
        "q=",
        "&",
        "%00",
        "%ff",
        "sort=",
        "selector=",
        "columns=",
        "offset=",
        "label=",
        "wide=",
        "x" * 300,
        "[" * 50,
    ),
)
QUERIES = (
    "q=web&sort=-age&columns=name,age&label=app&selector=a%3Db&fields=metadata.name%3Dx&offset=50&wide=1",
    "q=\u202e&sort=name",
    "",
)


def build_consumer(sent: list[dict[str, Any]]) -> LiveConsumer:
    """As it is once a socket was accepted; what it sends to the server is kept."""

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    made = LiveConsumer()
    made.base_send, made.scope = send, {"type": "websocket"}
    made.unacknowledged, made.sent_count = {1: 10, 2: 20}, 2
    return made


def is_closed(sent: list[dict[str, Any]]) -> bool:
    assert {message["type"] for message in sent} <= {"websocket.close"}
    assert {message.get("code") for message in sent} <= {REFUSED}
    return bool(sent)


@short_and_long("inputs", 3000, 28_000)
def test_no_message_does_more_than_close_its_socket(inputs: int) -> None:
    batch_settings(inputs, BATCH)(given(st.integers(0, 2**64))(try_messages))()


def try_messages(seed: int) -> None:
    async def all_of_them() -> None:
        for number, frame in enumerate(Mutations(CORPUS, SIGNS).batch(seed, BATCH)):
            sent: list[dict[str, Any]] = []
            with limit_time(frame):
                one = build_consumer(sent)
                await one.receive(
                    **({"bytes_data": frame.encode()} if number % 10 == 0 else {"text_data": frame})
                )
                is_closed(sent)
                assert 0.1 <= one._pause(0.0) <= 0.5

    asyncio.run(all_of_them())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
messages = st.dictionaries(st.sampled_from(["ack", "took", "pause", "renew", "x"]), json_values, max_size=4)


@short_and_long("inputs", 200, 1000)
def test_no_value_in_any_field_of_a_message_does(inputs: int) -> None:
    batch_settings(inputs, 1)(given(messages)(try_message))()


def try_message(message: dict[str, Any]) -> None:
    async def one_of_them() -> None:
        sent: list[dict[str, Any]] = []
        one = build_consumer(sent)
        await one.receive(text_data=json.dumps(message))
        is_closed(sent)
        assert 0.1 <= one._pause(0.0) <= 0.5

    with limit_time(message):
        asyncio.run(one_of_them())


@short_and_long("inputs", 300, 2000)
def test_no_query_that_a_page_renews_itself_with_breaks_it(installation: Installation, inputs: int) -> None:
    """The one message that says more than a number: queries to an open list, rendered now and then."""
    address = parse({"clusters": "harbour", "namespaces": "shop", "resource": "configmaps"}, QueryDict(""))
    subscription = ListSubscription(open_listing(installation.users["ada"], address), "")
    subscription.start(lambda: None)

    @batch_settings(inputs, BATCH)
    @given(st.integers(0, 2**64))
    def try_them(seed: int) -> None:
        for number, query in enumerate(Mutations(QUERIES, SIGNS).batch(seed, BATCH)):
            with limit_time(query):
                subscription.renew(query)
                if number % 10 == 0:
                    subscription.render()

    try:
        try_them()
    finally:
        subscription.stop()


async def test_a_real_socket_is_closed_by_what_no_page_sends(committed_installation: Installation) -> None:
    """Some of them over the whole application, each on a socket of its own."""
    page, random = "/people/audit/", partial(Mutations(CORPUS, SIGNS).batch, 7)
    await database_sync_to_async(committed_installation.demote)()
    for frame in random(40):
        async with open_socket(
            knock(list_socket_paths()[0], session=committed_installation.sessions["ada"], page=page)
        ) as communicator:
            await communicator.send_to(text_data=frame)
            await communicator.send_to(text_data="no page sends this")
            with limit_time(frame):
                assert await wait_for_close(communicator) == REFUSED
