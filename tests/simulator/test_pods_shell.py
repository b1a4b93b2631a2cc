"""Simulated shell: programs, quotes, operators and streams; nothing runs on this machine."""

import asyncio
from functools import partial

import pytest

from simulator.cluster import Cluster
from simulator.pods.shell.container import Container
from simulator.pods.shell.shell import ProgramNotFound, run
from simulator.pods.shell.streams import MAX_LINE_BYTES, MAX_QUEUED_CHUNKS, Input, Streams
from tests.simulator.pods import running_pod


def make_container(image="registry.example/i:1", **container):
    cluster = Cluster("shell", seed=1)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}
    cluster.load([secret | {"data": {"password": "aHVudGVy"}}])
    pod = running_pod(cluster, "web-1", image=image)
    pod["spec"]["containers"][0] |= container
    return Container(cluster, pod, "c")


async def run_command(*words, stdin=b"", container=None):
    """Exit code, output, errors."""
    written = {"out": b"", "error": b""}

    async def write(name, chunk):
        written[name] += chunk

    given = Input(stdin, is_closed=True)
    code = await run(
        container or make_container(), words, Streams(given, partial(write, "out"), partial(write, "error"))
    )
    return code, written["out"].decode(), written["error"].decode()


SCRIPTS = {
    "echo a; echo b": (0, "a\nb\n", ""),
    "echo a\necho b\n": (0, "a\nb\n", ""),
    "echo 'a  b' \"c;d\" e   f''g": (0, "a  b c;d e fg\n", ""),
    "echo -n a; echo; echo ''": (0, "a\n\n", ""),
    "false && echo no; true && echo yes&&echo more": (0, "yes\nmore\n", ""),
    "false; echo $?; echo $?": (0, "1\n0\n", ""),
    "echo $HOSTNAME \"on $HOME\" $NONE.": (0, "web-1 on /root .\n", ""),
    "cat /etc/hostname /nope /etc; cat": (
        0, "web-1\n", "cat: /nope: No such file or directory\ncat: /etc: Is a directory\n",
    ),
    "ls /etc; ls -l /etc/hosts; ls /nope": (
        2, "hostname\nhosts\nos-release\n/etc/hosts\n", "ls: cannot access '/nope': No such file or directory\n",
    ),
    "pwd; cd /etc; pwd; cat hostname; cd ..; pwd; cd; pwd; cd nope": (
        2, "/\n/etc\nweb-1\n/\n/root\n", "sh: cd: nope: No such file or directory\n",
    ),
    "exit 7; echo never": (7, "", ""),
    "false; exit": (1, "", ""),
    "exit 256": (0, "", ""),
    "exit nope": (2, "", "sh: exit: Illegal number: nope\n"),
    "nope": (127, "", "sh: nope: not found\n"),
    "sh -c 'echo in; exit 3' && echo never; echo $?": (0, "in\n3\n", ""),
    "/bin/sh -c '/bin/echo a'": (0, "a\n", ""),
    "whoami; id; ps": (0, "root\nuid=0(root) gid=0(root) groups=0(root)\n  PID COMMAND\n    1 /app/c\n   12 ps\n", ""),
    "sleep 0.01; sleep nope": (1, "", "sleep: invalid time interval 'nope'\n"),
    "stty size": (1, "", "stty: standard input: Inappropriate ioctl for device\n"),
    "echo 'a": (2, "", "sh: syntax error: No closing quotation\n"),
    "echo a > /etc/passwd": (2, "", 'sh: syntax error: unexpected ">"\n'),
    "echo a; echo b >&2; echo c>&2 && echo d": (0, "a\nd\n", "b\nc\n"),
    ">&2": (127, "", "sh: >&: not found\n"),
    "echo a | cat": (2, "", 'sh: syntax error: unexpected "|"\n'),
    "echo $(id)": (2, "", 'sh: syntax error: unexpected "("\n'),
    "echo a & echo b": (2, "", 'sh: syntax error: unexpected "&"\n'),
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_script(script):
    assert await run_command("sh", "-c", script) == SCRIPTS[script]


async def test_a_script_comes_on_standard_input():
    script = b"echo one\ncat\ntwo\nthree"
    assert await run_command("sh", stdin=script) == (0, "one\ntwo\nthree", "")
    assert await run_command("sh", stdin=b"echo one\nexit 5\necho never\n") == (5, "one\n", "")


async def test_date_prints_the_time_of_the_cluster():
    found = make_container()
    found.cluster.clock.run(0)
    code, output, _ = await run_command("date", container=found)
    assert (code, output) == (0, f"{found.cluster.clock.now():%a %b %e %H:%M:%S UTC %Y}\n")


async def test_it_reads_to_the_end():
    assert await run_command("cat", stdin=b"a\nb") == (0, "a\nb", "")


async def test_it_has_the_environment_of_its_container():
    env = [
        {"name": "PLAIN", "value": "b c"},
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "password"}}},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "NOTHING", "valueFrom": {"secretKeyRef": {"name": "gone", "key": "x"}}},
    ]
    code, output, _ = await run_command("env", container=make_container(env=env))
    assert code == 0
    assert {"PLAIN=b c", "PASSWORD=hunter", "POD=web-1", "NOTHING=", "HOSTNAME=web-1"} <= set(
        output.splitlines()
    )


@pytest.mark.parametrize(
    ("image", "word", "has_bash"), [("alpine:3", "Alpine Linux", False), ("i:1", "Debian GNU/Linux", True)]
)
async def test_it_is_as_its_image_says(image, word, has_bash):
    found = make_container(image)
    assert word in (await run_command("cat", "/etc/os-release", container=found))[1]
    assert (await run_command("sh", "-c", "bash -c true", container=found))[0] == (0 if has_bash else 127)


@pytest.mark.parametrize("words", [["sh"], ["/bin/sh"], ["bash", "-c", "true"]])
async def test_a_bare_image_has_no_shell(words):
    with pytest.raises(ProgramNotFound):
        await run_command(*words, container=make_container("gcr.example/distroless/static"))


@pytest.mark.parametrize("words", [["nope"], ["cd", "/"], ["exit"], [""], []])
async def test_only_programs_are_started(words):
    with pytest.raises(ProgramNotFound):
        await run_command(*words)


async def test_it_sees_nothing_of_this_machine(tmp_path):
    (tmp_path / "here").write_text("secret")
    code, output, error = await run_command("sh", "-c", f"cat {tmp_path}/here; ls {tmp_path}; ls /work")
    assert (code, output) == (2, "")
    assert error.count("No such file or directory") == 3


async def test_a_writer_waits_for_slow_reading():
    given = Input()
    tasks = [asyncio.create_task(given.feed(b"x")) for _ in range(MAX_QUEUED_CHUNKS + 1)]
    for _ in range(3):
        await asyncio.sleep(0)
    assert [one.done() for one in tasks] == [True] * MAX_QUEUED_CHUNKS + [False]
    assert await given.read() == b"x"
    await tasks[-1]


async def test_a_line_without_an_end_is_cut():
    given = Input(b"x" * (2 * MAX_LINE_BYTES) + b"y\nz", is_closed=True)
    assert [len(await given.read_line()) for _ in range(3)] == [2 * MAX_LINE_BYTES + 2, 1, 0]
    given = Input()
    for _ in range(5):
        await given.feed(b"x" * (MAX_LINE_BYTES // 2))
    assert len(await given.read_line()) == MAX_LINE_BYTES


async def test_a_long_script_yields_and_can_be_cancelled():
    task = asyncio.create_task(run_command("sh", "-c", "true;" * 5000))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
