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
    """open_shell(pod, query) -> ShellConnection"""

    async def open_one(pod, query, *, part="exec", protocol=V5):
        url = URL(f"{server.url}{PATH}/{pod}/{part}?{query}", encoded=True)
        return ShellConnection(await session.ws_connect(url, protocols=(protocol,), max_msg_size=0))

    return open_one


class ShellConnection:
    """One open WebSocket; `output` collects what came on each channel."""

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
        """Reads until it is closed; the Status on channel 3."""
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
    shell = await open_shell("web", SHELL)
    await shell.read_until(1, "# ")
    await shell.type("echo hello\r")
    await shell.read_until(1, "# echo hello\r\nhello\r\n# ")
    await shell.type("exit 3\r")
    status = await shell.end()
    assert status["reason"] == "NonZeroExitCode"
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_it_knows_the_size_of_the_terminal_and_follows_a_resize(open_shell):
    shell = await open_shell("web", SHELL)
    await shell.size(120, 40)
    await shell.type("stty size\r")
    await shell.read_until(1, "40 120\r\n")
    await shell.size(80, 25)
    await shell.type("stty size\r")
    await shell.read_until(1, "25 80\r\n")


async def test_an_invalid_size_is_ignored(open_shell):
    shell = await open_shell("web", SHELL)
    for text in (b"nonsense", b'{"Width":"x","Height":1}', b"{}", b"[]"):
        await shell.socket.send_bytes(b"\x04" + text)
    await shell.type("echo still here\r")
    await shell.read_until(1, "\r\nstill here\r\n")


async def test_what_is_erased_is_not_run(open_shell):
    shell = await open_shell("web", SHELL)
    await shell.type("echo wrong\x15echo ab\x7fc\r")
    await shell.read_until(1, "\r\nac\r\n")


async def test_an_arrow_key_does_nothing(open_shell):
    shell = await open_shell("web", SHELL)
    await shell.type("echo \x1b[Aup\r")
    await shell.read_until(1, "\r\nup\r\n")


async def test_control_c_ends_what_runs_and_not_the_shell(open_shell):
    shell = await open_shell("web", SHELL)
    await shell.type("sleep 1000\r")
    await shell.read_until(1, "sleep 1000\r\n")
    await shell.type("\x03")
    await shell.read_until(1, "^C\r\n# ")
    await shell.type("echo $?\r")
    await shell.read_until(1, "130\r\n")
    await shell.type("half a li\x03")
    await shell.read_until(1, "half a li^C\r\n# ")


async def test_control_c_before_a_line_is_run_drops_it(open_shell):
    shell = await open_shell("web", SHELL)
    await shell.read_until(1, "# ")
    await shell.type("sleep 1000\r\x03echo re''ady\r")
    await shell.read_until(1, "ready\r\n")


async def test_control_c_ends_a_program_without_a_shell(open_shell):
    shell = await open_shell("web", "command=sleep&command=1000&stdin=1&stdout=1&tty=1")
    await shell.read_until(1, "")
    await shell.type("\x03")
    assert (await shell.end())["details"]["causes"][0]["message"] == "130"


async def test_control_d_ends_the_shell_and_what_reads(open_shell):
    shell = await open_shell("web", SHELL)
    await shell.type("cat\r")
    await shell.read_until(1, "cat\r\n")
    await shell.type("a\r\x04")
    await shell.read_until(1, "a\r\na\r\n# ")
    await shell.type("\x04")
    assert (await shell.end())["status"] == "Success"


async def test_errors_are_on_their_own_channel(open_shell):
    shell = await open_shell("web", "command=sh&command=-c&command=echo%20a%3B%20nope&stdout=1&stderr=1")
    status = await shell.end()
    assert (shell.output[1], shell.output[2]) == ("a\n", "sh: nope: not found\n")
    assert status["details"]["causes"][0]["message"] == "127"


async def test_stdin_is_closed_in_v5(open_shell):
    shell = await open_shell("web", "command=cat&stdin=1&stdout=1")
    await shell.type("to the end")
    await shell.socket.send_bytes(b"\xff\x00")
    assert (await shell.end())["status"] == "Success"
    assert shell.output[1] == "to the end"


@pytest.mark.parametrize("nonsense", [b"\xff", b"\xff\x00\x00", b"\xff\x09"])
async def test_nonsense_about_ends_is_the_end(open_shell, nonsense):
    shell = await open_shell("web", "command=cat&stdin=1&stdout=1")
    await shell.socket.send_bytes(nonsense)
    await shell.end()
    assert shell.output[3] == ""


async def test_a_message_that_is_too_large_is_the_end(open_shell):
    shell = await open_shell("web", "command=cat&stdin=1&stdout=1")
    await shell.socket.send_bytes(bytes(LARGEST_MESSAGE + 1))
    assert await shell.end() is None
    assert shell.output[1] == ""


async def test_a_kubelets_error_comes_after_the_upgrade_in_v5(open_shell):
    shell = await open_shell("crashed", "command=sh&stdout=1")
    status = await shell.end()
    text = 'unable to upgrade connection: container not found ("c")'
    assert status["message"] == f"Internal error occurred: {text}"
    assert (status["code"], status["details"]) == (500, {"causes": [{"message": text}]})


async def test_a_kubelets_error_comes_before_the_upgrade_in_v4(open_shell):
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await open_shell("crashed", "command=sh&stdout=1", protocol=V4)
    assert error.value.status == 500


@pytest.mark.parametrize(("pod", "query"), [("web", "command=nope"), ("bare", "command=sh"), ("web", "a=b")])
async def test_a_program_that_is_not_there(open_shell, pod, query):
    shell = await open_shell(pod, f"{query}&stdout=1")
    status = await shell.end()
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
    shell = await open_shell("web", f"command=sh&command=-c&command={script}&stdout=1")
    await shell.read_until(1, "on\n")
    assert len(running()) == 1
    await shell.socket.close()
    async with asyncio.timeout(SECONDS):
        while running():
            await asyncio.sleep(0.01)  # between looks


def running():
    """The programs that the simulator runs."""
    return [one for one in asyncio.all_tasks() if one.get_coro().__name__ == "_start_program"]


async def test_it_waits_for_a_slow_reader(server, open_shell):
    """`cat` with a client that writes and does not read: the simulator does not buffer it."""
    shell = await open_shell("web", "command=cat&stdin=1&stdout=1")
    (connection,) = server._runner.server.connections
    typing = asyncio.create_task(_type_without_end(shell))
    async with asyncio.timeout(SECONDS):
        while connection.transport.get_write_buffer_size() == 0:
            await asyncio.sleep(0)
    for _ in range(5000):
        await asyncio.sleep(0)
    assert 0 < connection.transport.get_write_buffer_size() < 2**20
    assert not typing.done()
    typing.cancel()
    await shell.socket.close()


async def _type_without_end(shell):
    while True:
        await shell.type("x" * 2**16)


async def test_attach_shows_what_comes_and_ends_with_the_container(server, open_shell):
    cluster = server.cluster
    cluster.logs.source = lambda *question: ()
    cluster.logs.append("default", "web", "c", "before")
    shell = await open_shell("web", "stdin=1&stdout=1&stderr=1", part="attach")
    await shell.type("nobody reads this\n")
    await shell.read_until(1, "")
    async with asyncio.timeout(SECONDS):
        while "after" not in shell.output[1]:  # attached a moment after the upgrade
            cluster.logs.append("default", "web", "c", "after")
            await shell.read_until(1, "after\n")
    assert "before" not in shell.output[1]
    pod = cluster.store.get(PODS, "default", "web")
    started_at = pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
    over = {"exitCode": 0, "startedAt": started_at, "finishedAt": cluster.clock.stamp()}
    cluster.store.put(PODS, replace_states(pod, container_state("c", terminated=over)))
    assert (await shell.end())["status"] == "Success"
