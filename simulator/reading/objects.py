"""Read endpoint of one object and of its status."""

from __future__ import annotations

import re

from aiohttp import web

from simulator.reading.lists import wait_for_revision
from simulator.reading.rendering import create_renderer
from simulator.requests.call import Call
from simulator.requests.responses import respond
from simulator.requests.statuses import StatusError, not_found_error
from simulator.schemas.resources import Object


async def get_object(call: Call) -> web.StreamResponse:
    shape = create_renderer(call)
    revision = call.query.get("resourceVersion")
    if revision and not re.fullmatch(r"\d+", revision):
        parsing = f'strconv.ParseUint: parsing "{revision}": invalid syntax'
        raise StatusError(500, f'resourceVersion: Invalid value: "{revision}": {parsing}')
    await wait_for_revision(call, int(revision or 0))
    return await respond(call, shape.render_one(get_existing(call)), media=shape.form.media)


def get_existing(call: Call) -> Object:
    """As it is in the store; raises 404."""
    found = call.cluster.store.get(call.resource.storage, call.namespace, call.info.name)
    if found is None:
        raise not_found_error(call.resource, call.info.name)
    return found
