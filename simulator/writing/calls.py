"""Write endpoints: POST, PUT, PATCH and DELETE of objects and subresources."""

from __future__ import annotations

from aiohttp import web

from simulator.reading.lists import read_page
from simulator.reading.options import read_options
from simulator.reading.rendering import create_renderer, make_list
from simulator.requests.call import Call
from simulator.requests.responses import respond
from simulator.writing import registry
from simulator.writing.applies import apply_object, check_patch_options, is_apply
from simulator.writing.bodies import read_object
from simulator.writing.delete_bodies import read_delete_body
from simulator.writing.deletion import DeleteOptions, delete, deletion_response, read_delete_options
from simulator.writing.options import write_options
from simulator.writing.patches import apply_patch, read_patch
from simulator.writing.strictness import accept_object


async def create_object(call: Call) -> web.StreamResponse:
    shape = create_renderer(call)
    options = write_options(call, "CreateOptions")
    thing, duplicates = await read_object(call)
    thing = accept_object(call, thing, duplicates, options)
    made = registry.create(call.cluster, call.resource, call.namespace, thing, options)
    return await respond(call, shape.render_one(made), 201, media=shape.form.media)


async def update_object(call: Call) -> web.StreamResponse:
    shape = create_renderer(call)
    options = write_options(call, "UpdateOptions")
    thing, duplicates = await read_object(call)
    thing = accept_object(call, thing, duplicates, options)
    info = call.info
    registry.check_put(call.cluster, call.resource, call.namespace, info.name, thing)
    made = registry.update(call.cluster, call.resource, call.namespace, info.name, lambda old: thing, options)
    return await respond(call, shape.render_one(made), media=shape.form.media)


async def patch_object(call: Call) -> web.StreamResponse:
    shape = create_renderer(call)
    options = write_options(call, "PatchOptions")
    check_patch_options(call)
    if is_apply(call):
        made, is_new = await apply_object(call, options)
    else:
        made, is_new = apply_patch(await read_patch(call, options)), False
    return await respond(call, shape.render_one(made), 201 if is_new else 200, media=shape.form.media)


async def delete_object(call: Call) -> web.StreamResponse:
    shape = create_renderer(call)
    options = read_delete_options(await read_delete_body(call))
    info = call.info
    thing, gone = delete(call.cluster, call.resource, call.namespace, info.name, options)
    found = deletion_response(call.resource, thing, gone)
    if found["kind"] != "Status":
        found = shape.render_one(thing)
    return await respond(call, found, media=shape.form.media)


async def delete_collection(call: Call) -> web.StreamResponse:
    """Answers the list of what was there."""
    options = read_delete_options(await read_delete_body(call))
    page = read_page(call, read_options(call.query, call.resource))
    for thing in page.items:
        metadata = thing["metadata"]
        _delete_if_present(call, metadata.get("namespace", ""), metadata["name"], options)
    return await respond(call, make_list(page.items, call.resource, page.metadata))


def _delete_if_present(call: Call, namespace: str, name: str, options: DeleteOptions) -> None:
    if call.cluster.store.get(call.resource.storage, namespace, name) is not None:
        delete(call.cluster, call.resource, namespace, name, options)
