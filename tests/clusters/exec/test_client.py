"""Exec client: output, exit codes, input and its end, limits and audit entries, at both kinds of clusters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from clusters.api import errors
from clusters.api.byte_streams import StreamLimits
from clusters.api.streams import Streams
from clusters.exec.client import ExecOutput, open_exec, run_exec
from clusters.exec.ending import CUT_OFF, ExecEnding, read_ending
from clusters.exec.request import ExecRequest
from clusters.gateway.connect import ClusterSession, DeniedByRole, connect
from people.models import User
from tests import database_fixtures
from tests.audit_trail import AuditTrail
from tests.clusters.gateway.conftest import OpenSession
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import wait_for
from tests.simulated_cluster import SimulatedCluster


def build_request(*command: str, **options: Any) -> ExecRequest:
    return ExecRequest("shop", "toolbox", "shell", command, **options)


def run_async(work: Callable[[Streams], Coroutine[Any, Any, Any]]) -> Any:
    async def main() -> Any:
        streams = Streams()
        try:
            async with asyncio.timeout(60):
                return await work(streams)
        finally:
            await streams.close()

    return asyncio.run(main())


def execute(session: ClusterSession, *command: str, stdin: bool = False, **options: Any) -> ExecOutput:
    request = build_request(*command, stdin=stdin)
    found: ExecOutput = run_async(lambda streams: run_exec(streams, session, request, **options))
    return found


@pytest.fixture
def simulated_session(simulated_cluster: SimulatedCluster, users: None) -> ClusterSession:
    database_fixtures.create_cluster("pond", simulated_cluster.server, simulated_cluster.ca)
    keys = database_fixtures.Keys(token=simulated_cluster.token("dana"))
    database_fixtures.store_credential("dana", "pond", keys)
    return connect(User.objects.get(username="dana"), "pond")


def test_a_command_at_the_real_api_server_under_one_audit_id(
    session_at_controlplane: OpenSession, controlplane: ControlPlane, audit_trail: AuditTrail
) -> None:
    output = execute(session_at_controlplane("dana"), "echo", "a;b", "&+%2F")
    assert output == ExecOutput(b"a;b &+%2F\n", b"", ExecEnding(0))
    began, ended = audit_trail.list_rows(subresource="exec")
    assert (began.verb, began.namespace, began.name, began.phase) == ("create", "shop", "toolbox", "intent")
    assert began.detail == {"container": "shell", "command": "echo a;b &+%2F"}
    assert (ended.result, ended.status) == ("ok", 101)
    assert ended.detail == {**began.detail, "sent": 0, "received": 10, "exit_code": 0}

    def is_logged() -> bool:
        lines = [json.loads(line) for line in controlplane.audit_log.read_text().splitlines()]
        found = [one for one in lines if one["auditID"] == ended.audit_id]
        return any("/toolbox/exec?" in one["requestURI"] for one in found)

    wait_for(is_logged, 10, "the API server's audit log does not have our Audit-Id")


def test_exit_code_standard_error_and_the_end_of_input(simulated_session: ClusterSession) -> None:
    """Of the simulator: kwok has neither exit codes nor the end of standard input."""
    failed = execute(simulated_session, "sh", "-c", "echo out; echo err >&2; exit 3")
    assert failed == ExecOutput(b"out\n", b"err\n", ExecEnding(3))
    assert execute(simulated_session, "cat", stdin=True, content=b"x" * 100_000).stdout == b"x" * 100_000


def test_a_program_that_is_not_there(simulated_session: ClusterSession, audit_trail: AuditTrail) -> None:
    ending = execute(simulated_session, "nothing-of-this-name").ending
    assert (ending.exit_code, ending.is_missing) == (None, True)
    assert "executable file not found" in ending.message
    assert "executable file not found" in audit_trail.get_last(subresource="exec").detail["ending"]


def test_output_is_bounded_and_so_is_the_time(simulated_session: ClusterSession) -> None:
    output = execute(simulated_session, "sh", "-c", "echo 0123456789", max_bytes=4)
    assert (output.stdout, output.is_cut) == (b"0123", True)
    with pytest.raises(errors.TimedOut):
        run_async(lambda streams: _wait_for_input(streams, simulated_session))


async def _wait_for_input(streams: Streams, session: ClusterSession) -> None:
    limits = StreamLimits(total_seconds=0.5)
    async with open_exec(streams, session, build_request("cat", stdin=True), limits=limits) as stream:
        await stream.read()


def test_a_terminal_takes_its_size_and_what_is_typed(session_at_controlplane: OpenSession) -> None:
    session = session_at_controlplane("dana")

    async def work(streams: Streams) -> bytes:
        request = build_request("sh", stdin=True, tty=True)
        output = b""
        async with open_exec(streams, session, request) as stream:
            await stream.resize(91, 37)
            await stream.keep_alive()
            await stream.write(b"stty size\n")
            while b"37 91" not in output and (part := await stream.read()) is not None:
                output += part.content
            await stream.write(b"exit\n")
            while await stream.read() is not None:
                assert stream.ending is None
            assert stream.ending == ExecEnding(0)
            assert stream.sent == len(b"stty size\nexit\n")
        return output

    assert b"37 91" in run_async(work)


def test_nothing_is_sent_for_a_viewer_nor_without_the_permission(
    session_at_controlplane: OpenSession, audit_trail: AuditTrail
) -> None:
    with pytest.raises(DeniedByRole):
        execute(session_at_controlplane("rita"), "echo", "hello")
    assert [one.result for one in audit_trail.list_rows(subresource="exec")] == ["denied"]
    session, request = (
        session_at_controlplane("dana"),
        ExecRequest("ops", "toolbox", command=["echo", "hello"]),
    )
    with pytest.raises(errors.Forbidden, match="pods/exec"):
        run_async(lambda streams: run_exec(streams, session, request))
    assert audit_trail.get_last(subresource="exec").result == "denied"


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (b'{"metadata":{},"status":"Success"}', ExecEnding(0)),
        (b"", ExecEnding(None, CUT_OFF)),
        (b"command terminated in an old way", ExecEnding(None, "command terminated in an old way")),
        (
            b'{"status":"Failure","reason":"NonZeroExitCode","message":"command terminated with exit code 7",'
            b'"details":{"causes":[{"reason":"ExitCode","message":"7"}]}}',
            ExecEnding(7),
        ),
        (
            b'{"status":"Failure","reason":"NonZeroExitCode","message":"odd","details":{"causes":[{"reason":'
            b'"ExitCode","message":"\\u0664"}]}}',
            ExecEnding(None, "odd"),
        ),
        (b'{"status":"Failure","reason":"NonZeroExitCode","details":7}', ExecEnding(None, CUT_OFF)),
        (b"[" * 100_000, ExecEnding(None, "[" * 500)),
        (b"\xff{", ExecEnding(None, "\ufffd{")),
    ],
)
def test_how_the_end_is_read(content: bytes, ending: ExecEnding) -> None:
    assert read_ending(content) == ending
