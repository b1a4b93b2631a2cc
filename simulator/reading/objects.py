"""What is one object? GET of it and of its status."""

from __future__ import annotations

import re

from aiohttp import web

from simulator.reading.lists import refuse_future
from simulator.reading.shapes import shaper
from simulator.requests.answers import answer
from simulator.requests.call import Call
from simulator.requests.statuses import Refusal, not_found
from simulator.schemas.resources import Object


async def get_object(call: Call) -> web.StreamResponse:
    shape = shaper(call)
    revision = call.query.get("resourceVersion")
    if revision and not re.fullmatch(r"\d+", revision):
        parsing = f'strconv.ParseUint: parsing "{revision}": invalid syntax'
        raise Refusal(500, f'resourceVersion: Invalid value: "{revision}": {parsing}')
    await refuse_future(call, int(revision or 0))
    return await answer(call, shape.one(existing(call)), media=shape.form.media)


def existing(call: Call) -> Object:
    """As it is in the store; raises 404."""
    found = call.cluster.store.get(call.resource.storage, call.namespace, call.info.name)
    if found is None:
        raise not_found(call.resource, call.info.name)
    return found
