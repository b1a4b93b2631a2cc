"""Table rows captured from a real API server: tables.json, and how the requests of a case are sent.

A case is a list of steps, each a request with the API server's response: its status, and the rows of a Table or the
message of an error. Whatever a controller changes a moment later is not in it: the rows are those of the responses to
the writes themselves. `python -m tests.contract.tables` captures all responses again from a control plane.
"""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

from tests.contract.contenders import connect_real, create_namespace
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.world import fill
from tests.dashboard_server import wait_for
from tests.simulator.caller import Caller, Reply

FILE = Path(__file__).with_name("tables.json")
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
TABLE_PARAMETER = "includeObject=None"  # in the path of each request that accepts a Table
PLACEHOLDER = "{namespace}"  # in the file, for the namespace
CAPTURE_NAMESPACE = "captured-rows"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
AGE_COLUMNS = ("Age", "Last Seen", "First Seen", "Created At")  # columns with the time since now
AGE = re.compile(r"^((\d+[smhdy])+|<invalid>|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$")
YEARS = re.compile(r"\b\d+y(\d+d)?\b")  # the time since 2020, in any column


def read_content(namespace: str = PLACEHOLDER) -> dict[str, Any]:
    """`definition` (a CustomResourceDefinition that some cases need) and `cases` (name and steps), in `namespace`."""
    content: dict[str, Any] = json.loads(FILE.read_text().replace(PLACEHOLDER, namespace))
    return content


def write_content(content: dict[str, Any]) -> None:
    """One request a line."""
    cases = []
    for case in content["cases"]:
        steps = ",\n  ".join(json.dumps(step, ensure_ascii=False) for step in case["steps"])
        cases.append(f'{{"name": {json.dumps(case["name"])}, "steps": [\n  {steps}]}}')
    definition = json.dumps(content["definition"])
    FILE.write_text(f'{{"definition": {definition},\n"cases": [\n' + ",\n".join(cases) + "\n]}\n")


def create_definition(caller: Caller, definition: dict[str, Any]) -> None:
    """Creates the CustomResourceDefinition, and waits until its resource is served."""
    assert caller.post(DEFINITIONS, definition).status in (201, 409)
    spec = definition["spec"]
    path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"
    wait_for(lambda: caller.get(path).status == 200)


def run_steps(caller: Caller, steps: list[dict[str, Any]]) -> list[str]:
    """The response to each request, as JSON; the objects that the steps create are deleted before and after."""
    created = [f"{path}/{body['metadata']['name']}" for path, body in find_posts(steps)]
    for path in created:
        _delete(caller, path)
    try:
        return [json.dumps(_read_response(_send(caller, step)), ensure_ascii=False) for step in steps]
    finally:
        for path in created:
            _delete(caller, path)


def find_posts(steps: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """The collection path and the body of each object that the steps create."""
    requests = [(*step["request"].split(" "), step.get("body")) for step in steps]
    return [(path.partition("?")[0], body) for method, path, body in requests if method == "POST"]


def _send(caller: Caller, step: dict[str, Any]) -> Reply:
    method, path = step["request"].split(" ")
    return caller.call(
        method,
        path,
        step.get("body"),
        accept=TABLE if TABLE_PARAMETER in path else "application/json",
        content_type="application/merge-patch+json" if method == "PATCH" else "application/json",
    )


def _read_response(reply: Reply) -> list[Any]:
    """The status, then the message of an error or the rows of a Table."""
    if reply.status >= 300:
        return [reply.status, reply.message]
    if reply.json["kind"] != "Table":
        return [reply.status]
    names = [column["name"] for column in reply.json["columnDefinitions"]]
    return [reply.status, *(_normalize_row(names, row) for row in reply.json["rows"])]


def _normalize_row(names: list[str], row: dict[str, Any]) -> list[Any]:
    """The cells, and after them the conditions of a row that has some; some kinds have a cell more than columns."""
    pairs = itertools.zip_longest(names, row["cells"], fillvalue="Age")
    cells = [_normalize_cell(name, cell) for name, cell in pairs]
    return [*cells, {"conditions": row["conditions"]}] if row.get("conditions") else cells


def _normalize_cell(name: str, cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    return "<age>" if name in AGE_COLUMNS and AGE.match(cell) else YEARS.sub("<years>", cell)


def _delete(caller: Caller, path: str) -> None:
    caller.patch(path, {"metadata": {"finalizers": None}})
    caller.delete(f"{path}?gracePeriodSeconds=0")
    caller.patch(
        path, {"metadata": {"finalizers": None}}
    )  # those that a controller has added in the meantime


def capture() -> None:
    """Writes the responses of a new control plane into the file."""
    with ControlPlane(progress=print) as plane:
        fill(plane)
        caller = connect_real(plane).admin
        create_namespace(caller, CAPTURE_NAMESPACE)
        content, requests = read_content(), read_content(CAPTURE_NAMESPACE)
        create_definition(caller, content["definition"])
        for case, sent in zip(content["cases"], requests["cases"], strict=True):
            for step, response in zip(case["steps"], run_steps(caller, sent["steps"]), strict=True):
                step["response"] = json.loads(response.replace(CAPTURE_NAMESPACE, PLACEHOLDER))
        write_content(content)


if __name__ == "__main__":
    capture()
