"""pods/exec over WebSocket: streams, terminal, exit codes, disconnects."""

import asyncio
import json

import aiohttp
import pytest
from yarl import URL

from simulator.cluster import Cluster
from simulator.pods.channels import LARGEST_MESSAGE
from simulator.pods.logs import PODS
from simulator.requests.rbac import MASTERS
from simulator.server import Server
from tests.simulator.pods import container_state, node, replace_states, running_pod

PATH = "/api/v1/namespaces/default/pods"
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
SECONDS = 20


@pytest.fixture
async def server():
    cluster = Cluster("exec", seed=1)
    crashed = container_state("c", terminated={"exitCode": 1, "startedAt": "2026-01-01T00:00:00Z"})
    cluster.load(
        [
            node(),
            running_pod(cluster, "web"),
            running_pod(cluster, "small", image="alpine:3"),
            running_pod(cluster, "bare", image="distroless"),
            replace_states(running_pod(cluster, "crashed"), crashed),
        ]
    )
    found = Server(cluster)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def session(server):
    token = server.cluster.add_person("admin", (MASTERS,))
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(ssl=False)) as found:
        yield found


@pytest.fixture
def open_shell(server, session):
    """opened(pod, query) -> Line"""

    async def open_one(pod, query, *, part="exec", protocol=V5):
        url = URL(f"{server.url}{PATH}/{pod}/{part}?{query}", encoded=True)
        return ShellConnection(await session.ws_connect(url, protocols=(protocol,), max_msg_size=0))

    return open_one


class ShellConnection:
    """One open WebSocket; what came on each channel is kept."""

    def __init__(self, socket):
        self.socket = socket
        self.output = dict.fromkeys(range(5), "")

    async def read_until(self, channel, text):
        async with asyncio.timeout(SECONDS):
            while text not in self.output[channel]:
                message = await self.socket.receive()
                assert message.type == aiohttp.WSMsgType.BINARY, (message, self.output)
                self.output[message.data[0]] += message.data[1:].decode()

    async def end(self):
        """Its last word."""
        async with asyncio.timeout(SECONDS):
            async for message in self.socket:
                self.output[message.data[0]] += message.data[1:].decode()
        return json.loads(self.output[3] or "null")

    async def type(self, text):
        await self.socket.send_bytes(b"\x00" + text.encode())

    async def size(self, width, height):
        await self.socket.send_bytes(b"\x04" + json.dumps({"Width": width, "Height": height}).encode())


SHELL = "command=sh&stdin=1&stdout=1&tty=1"


async def test_it_prompts_and_echoes(open_shell):
    line = await open_shell("web", SHELL)
    await line.until(1, "# ")
    await line.type("echo hello\r")
    await line.until(1, "# echo hello\r\nhello\r\n# ")
    await line.type("exit 3\r")
    status = await line.end()
    assert status["reason"] == "NonZeroExitCode"
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_it_knows_the_size_of_the_terminal_and_follows_a_resize(open_shell):
    line = await open_shell("web", SHELL)
    await line.size(120, 40)
    await line.type("stty size\r")
    await line.until(1, "40 120\r\n")
    await line.size(80, 25)
    await line.type("stty size\r")
    await line.until(1, "25 80\r\n")


async def test_a_size_that_is_none_is_not_minded(open_shell):
    line = await open_shell("web", SHELL)
    for text in (b"nonsense", b'{"Width":"x","Height":1}', b"{}", b"[]"):
        await line.socket.send_bytes(b"\x04" + text)
    await line.type("echo still here\r")
    await line.until(1, "\r\nstill here\r\n")


async def test_what_is_erased_is_not_run(open_shell):
    line = await open_shell("web", SHELL)
    await line.type("echo wrong\x15echo ab\x7fc\r")
    await line.until(1, "\r\nac\r\n")


async def test_an_arrow_key_does_nothing(open_shell):
    line = await open_shell("web", SHELL)
    await line.type("echo \x1b[Aup\r")
    await line.until(1, "\r\nup\r\n")


async def test_control_c_ends_what_runs_and_not_the_shell(open_shell):
    line = await open_shell("web", SHELL)
    await line.type("sleep 1000\r")
    await line.until(1, "sleep 1000\r\n")
    await line.type("\x03")
    await line.until(1, "^C\r\n# ")
    await line.type("echo $?\r")
    await line.until(1, "130\r\n")
    await line.type("half a li\x03")
    await line.until(1, "half a li^C\r\n# ")


async def test_control_c_before_a_line_is_run_drops_it(open_shell):
    line = await open_shell("web", SHELL)
    await line.until(1, "# ")
    await line.type("sleep 1000\r\x03echo re''ady\r")
    await line.until(1, "ready\r\n")


async def test_control_c_ends_a_program_without_a_shell(open_shell):
    line = await open_shell("web", "command=sleep&command=1000&stdin=1&stdout=1&tty=1")
    await line.until(1, "")
    await line.type("\x03")
    assert (await line.end())["details"]["causes"][0]["message"] == "130"


async def test_control_d_ends_the_shell_and_what_reads(open_shell):
    line = await open_shell("web", SHELL)
    await line.type("cat\r")
    await line.until(1, "cat\r\n")
    await line.type("a\r\x04")
    await line.until(1, "a\r\na\r\n# ")
    await line.type("\x04")
    assert (await line.end())["status"] == "Success"


async def test_errors_are_on_their_own_channel(open_shell):
    line = await open_shell("web", "command=sh&command=-c&command=echo%20a%3B%20nope&stdout=1&stderr=1")
    status = await line.end()
    assert (line.heard[1], line.heard[2]) == ("a\n", "sh: nope: not found\n")
    assert status["details"]["causes"][0]["message"] == "127"


async def test_stdin_is_closed_in_v5(open_shell):
    line = await open_shell("web", "command=cat&stdin=1&stdout=1")
    await line.type("to the end")
    await line.socket.send_bytes(b"\xff\x00")
    assert (await line.end())["status"] == "Success"
    assert line.heard[1] == "to the end"


@pytest.mark.parametrize("nonsense", [b"\xff", b"\xff\x00\x00", b"\xff\x09"])
async def test_nonsense_about_ends_is_the_end(open_shell, nonsense):
    line = await open_shell("web", "command=cat&stdin=1&stdout=1")
    await line.socket.send_bytes(nonsense)
    await line.end()
    assert line.heard[3] == ""


async def test_a_message_that_is_too_large_is_the_end(open_shell):
    line = await open_shell("web", "command=cat&stdin=1&stdout=1")
    await line.socket.send_bytes(bytes(LARGEST_MESSAGE + 1))
    assert await line.end() is None
    assert line.heard[1] == ""


async def test_a_kubelets_error_comes_after_the_upgrade_in_v5(open_shell):
    line = await open_shell("crashed", "command=sh&stdout=1")
    status = await line.end()
    told = 'unable to upgrade connection: container not found ("c")'
    assert status["message"] == f"Internal error occurred: {told}"
    assert (status["code"], status["details"]) == (500, {"causes": [{"message": told}]})


async def test_a_kubelets_error_comes_before_the_upgrade_in_v4(open_shell):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await open_shell("crashed", "command=sh&stdout=1", protocol=V4)
    assert refused.value.status == 500


@pytest.mark.parametrize(("pod", "query"), [("web", "command=nope"), ("bare", "command=sh"), ("web", "a=b")])
async def test_a_program_that_is_not_there(open_shell, pod, query):
    line = await open_shell(pod, f"{query}&stdout=1")
    status = await line.end()
    assert (status["reason"], status["code"]) == ("InternalError", 500)
    assert "failed to exec in container" in status["message"]


async def test_spdy_is_rejected_with_a_message(server, session):
    url = f"{server.url}{PATH}/web/exec?command=sh&stdout=1"
    headers = {"Connection": "Upgrade", "Upgrade": "SPDY/3.1"}
    async with session.post(url, headers=headers) as answer:
        assert answer.status == 501
        assert "speaks WebSocket alone" in (await answer.json())["message"]


async def test_what_runs_ends_when_its_person_goes(open_shell):
    script = "echo on; sleep 1000".replace(" ", "%20").replace(";", "%3B")
    line = await open_shell("web", f"command=sh&command=-c&command={script}&stdout=1")
    await line.until(1, "on\n")
    assert len(running()) == 1
    await line.socket.close()
    async with asyncio.timeout(SECONDS):
        while running():
            await asyncio.sleep(0.01)  # between looks


def running():
    """The programs that the simulator runs."""
    return [one for one in asyncio.all_tasks() if one.get_coro().__name__ == "_program"]


async def test_what_is_written_waits_for_its_reader(server, open_shell):
    """`cat` for somebody who types and does not read: the simulator does not gather it."""
    line = await open_shell("web", "command=cat&stdin=1&stdout=1")
    (connection,) = server._runner.server.connections
    typing = asyncio.create_task(_type_without_end(line))
    async with asyncio.timeout(SECONDS):
        while connection.transport.get_write_buffer_size() == 0:
            await asyncio.sleep(0)
    for _ in range(5000):
        await asyncio.sleep(0)
    assert 0 < connection.transport.get_write_buffer_size() < 2**20
    assert not typing.done()
    typing.cancel()
    await line.socket.close()


async def _type_without_end(line):
    while True:
        await line.type("x" * 2**16)


async def test_attach_shows_what_comes_and_ends_with_the_container(server, open_shell):
    cluster = server.cluster
    cluster.logs.source = lambda *question: ()
    cluster.logs.append("default", "web", "c", "before")
    line = await open_shell("web", "stdin=1&stdout=1&stderr=1", part="attach")
    await line.type("nobody hears this\n")
    await line.until(1, "")
    async with asyncio.timeout(SECONDS):
        while "after" not in line.heard[1]:  # attached a moment after the upgrade
            cluster.logs.append("default", "web", "c", "after")
            await line.until(1, "after\n")
    assert "before" not in line.heard[1]
    pod = cluster.store.get(PODS, "default", "web")
    began = pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
    over = {"exitCode": 0, "startedAt": began, "finishedAt": cluster.clock.stamp()}
    cluster.store.put(PODS, replace_states(pod, container_state("c", terminated=over)))
    assert (await line.end())["status"] == "Success"
