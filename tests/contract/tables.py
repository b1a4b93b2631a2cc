"""Table rows of one object from both servers, read from responses to the writes themselves.

The rows are those that the API server answers to the writes themselves: whatever a controller makes of the object a
moment later is not in them.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

from tests.contract.both import Both
from tests.simulator.caller import Caller, Reply

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
LONG_AGO = "2020-01-01T00:00:00Z"  # so long that a few seconds between both do not show
NODE = "nowhere"  # a node that nobody has: no kubelet, kwok or scheduler looks after its pods
HOLD = "example.com/hold"  # a finalizer that nobody takes away
_AGE = re.compile(r"(\d+[smhdy])+|<invalid>")
_AGE_COLUMNS = {"Age", "Last Seen", "First Seen", "Created At"}  # columns with the time since now
_FINALIZER_PATCH = {"metadata": {"finalizers": [HOLD]}}


def collection_path(namespace_path: str, api_version: str, plural: str) -> str:
    """The collection in the namespace of that path (/api/v1/namespaces/x)."""
    name = namespace_path.rpartition("/")[2]
    root = "/apis/" if "/" in api_version else "/api/"
    return f"{root}{api_version}/namespaces/{name}/{plural}"


def same_rows(both: Both, path: str, body: dict[str, Any], *patches: dict[str, Any], **how: Any) -> Any:
    """Compares what `rows` answers; every write must have been taken. And the whole object, as it would be made."""
    found = both.same(lambda caller: read_rows(caller, path, body, *patches, **how))
    for one in found:
        assert isinstance(one, dict), found
    both.same_request("POST", f"{path}?dryRun=All", body)
    return found


def read_rows(
    caller: Caller, path: str, body: dict[str, Any], *patches: dict[str, Any], is_deleted: bool = False
) -> list[Any]:
    """What is shown when the object is made, after each patch (of its status where it has `status`), and when it is
    deleted but held by a finalizer (`is_deleted`). Nothing of it is left."""
    name = body["metadata"]["name"]
    own = f"{path}/{name}"
    _clear(caller, own)
    asked = "includeObject=None"
    found = [read_row(caller.post(f"{path}?{asked}", body, accept=TABLE))]
    for patch in patches:
        part = "/status" if "status" in patch else ""
        reply = caller.patch(f"{own}{part}?{asked}", patch, accept=TABLE)
        if reply.status == 406:  # some parts are in no Table
            assert caller.patch(f"{own}{part}", patch).status == 200
            reply = caller.get(f"{own}?{asked}", accept=TABLE)
        found.append(read_row(reply))
    if is_deleted:
        caller.patch(own, _FINALIZER_PATCH)
        found.append(read_row(caller.delete(f"{own}?{asked}", accept=TABLE)))
    _clear(caller, own)
    return found


def read_row(reply: Reply) -> Any:
    """Column -> cell of the only row; a list of what went wrong."""
    if reply.status >= 300:
        return [reply.status, reply.json]
    if reply.json["kind"] != "Table":
        return [reply.status, reply.json["kind"]]
    table = reply.json
    return normalize_row([one["name"] for one in table["columnDefinitions"]], table["rows"][0])


def normalize_row(names: list[str], row: dict[str, Any]) -> dict[str, Any]:
    """Cells with their types (`"3"` is not `3`), as texts that the comparison leaves alone; ages are `<age>`."""
    cells = {
        f"{number}. {name}": _normalize_cell(name, cell)
        for number, (name, cell) in enumerate(itertools.zip_longest(names, row["cells"], fillvalue="Age"))
    }
    return cells | ({"conditions": row["conditions"]} if row.get("conditions") else {})


def _normalize_cell(name: str, cell: Any) -> str:
    if name in _AGE_COLUMNS and isinstance(cell, str) and _AGE.fullmatch(cell):
        return "<age>"
    return f"{type(cell).__name__} {cell}"


def _clear(caller: Caller, own: str) -> None:
    caller.patch(own, {"metadata": {"finalizers": None}})
    caller.delete(f"{own}?gracePeriodSeconds=0")
    caller.patch(own, {"metadata": {"finalizers": None}})  # those that a controller has put there meanwhile
