"""Does the pretend shell do what people type, and nothing on this machine?"""

import asyncio

import pytest

from simulator.cluster import Cluster
from simulator.pods.shell.grammar import parse
from simulator.pods.shell.machine import Machine
from simulator.pods.shell.programs import NoProgram, run
from simulator.pods.shell.streams import LARGEST_CAPTURE, LONGEST_LINE, WAITING, Capture, Input, Streams
from simulator.pods.shell.words import LONGEST, Misspelt, Unfinished
from tests.simulator.pods import running_pod


def machine(image="registry.example/i:1", **container):
    cluster = Cluster("shell", seed=1)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}}
    cluster.load([secret | {"data": {"password": "aHVudGVy"}}])
    pod = running_pod(cluster, "web-1", image=image)
    pod["spec"]["containers"][0] |= container
    return Machine(cluster, pod, "c")


async def ran(*words, typed=b"", on=None):
    """Exit code, output, errors."""
    out, error = Capture(), Capture()
    streams = Streams(Input(typed, is_ended=True), out.write, error.write)
    code = await run(on or machine(), words, streams)
    return code, out.found.decode(), error.found.decode()


SCRIPTS = {
    "echo a; echo b": (0, "a\nb\n", ""),
    "echo 'a  b' \"c  d\" e   f": (0, "a  b c  d e f\n", ""),
    "echo -n a; echo -e 'b\\tc'; printf '%s=%d\\n' x 5": (0, "ab\tc\nx=5\n", ""),
    "false && echo no; true && echo yes; false || echo or": (0, "yes\nor\n", ""),
    "if [ 1 -lt 2 ]; then echo less; else echo more; fi": (0, "less\n", ""),
    "if false; then echo a; elif true; then echo b; fi": (0, "b\n", ""),
    "for x in a 'b c'; do echo $x.; done": (0, "a.\nb c.\n", ""),
    "i=; while [ \"$i\" != xxx ]; do i=x$i; done; echo $i": (0, "xxx\n", ""),
    "until true; do echo never; done; ! false; echo $?": (0, "0\n", ""),
    "x=5; echo $x ${x}6 \"$x\" '$x' \\$x $none.": (0, "5 56 5 $x $x .\n", ""),
    "x='a b'; for y in $x; do echo $y; done; for y in \"$x\"; do echo $y; done": (0, "a\nb\na b\n", ""),
    "echo $(hostname)-$(echo $(echo in))": (0, "web-1-in\n", ""),
    "x=1; y=$(x=2; echo $x); echo $x $y": (0, "1 2\n", ""),
    "echo a >&2; echo b 2>&1; echo c > /dev/null; nope 2>/dev/null": (127, "b\n", "a\n"),
    "echo a > /etc/passwd": (1, "", "sh: can't create /etc/passwd: Read-only file system\n"),
    "cat < /etc/hostname | cat; cat /nope": (1, "web-1\n", "cat: can't open '/nope': No such file or directory\n"),
    "seq 3 | tail -n 1; seq 20 | head -n2; seq 12 | grep 1 | grep -v 2": (0, "3\n1\n2\n1\n10\n11\n", ""),
    "seq 5 | wc -l": (0, "5\n", ""),
    "pwd; cd /etc; pwd; cd ..; pwd; cd /nope": (
        2, "/\n/etc\n/\n", "sh: cd: can't cd to /nope: No such file or directory\n",
    ),
    "exit 7; echo never": (7, "", ""),
    "exit 256": (0, "", ""),
    "exit nope": (2, "", "sh: exit: Illegal number: nope\n"),
    "nope": (127, "", "sh: nope: not found\n"),
    "sh -c 'echo $0 $1; exit 3' zero one": (3, "zero one\n", ""),
    "exec sh -c 'exit 4'; echo never": (4, "", ""),
    "command -v cat && command -v nope || echo none": (0, "/bin/cat\nnone\n", ""),
    "[ -f /etc/passwd ] && [ -d /etc ] && [ -x /bin/sh ] && [ ! -e /nope ] && test -n a": (0, "", ""),
    "[ a": (2, "", "sh: [: missing ]\n"),
    "A=1 env | grep ^A; A=2; env | grep A=": (1, "", ""),
    "A=1 env | grep A=; export B=3; env | grep B=": (0, "A=1\nB=3\n", ""),
    "echo a # not this": (0, "a\n", ""),
    "uname; whoami; id": (0, "Linux\nroot\nuid=0(root) gid=0(root) groups=0(root)\n", ""),
    "tty": (1, "not a tty\n", ""),
    "timeout 0.01 sleep 5; echo $?": (0, "143\n", ""),
    "sleep nope": (1, "", "sleep: invalid number 'nope'\n"),
    "if": (2, "", "sh: syntax error: unexpected end of file\n"),
    "echo 'a": (2, "", "sh: syntax error: unexpected end of file\n"),
    "; ; done": (2, "", 'sh: syntax error: unexpected "done"\n'),
    "echo (a)": (2, "", 'sh: syntax error: unexpected "("\n'),
    "echo a & echo b": (2, "", 'sh: syntax error: unexpected "&"\n'),
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_script(script):
    assert await ran("sh", "-c", script) == SCRIPTS[script]


async def test_a_script_comes_on_standard_input():
    typed = b"echo one\nif true; then\necho two\nfi\nread x\nthree\necho $x\nexit 5\necho never\n"
    assert await ran("sh", typed=typed) == (5, "one\ntwo\nthree\n", "")


async def test_it_reads_to_the_end():
    assert await ran("cat", typed=b"a\nb") == (0, "a\nb", "")


async def test_it_knows_its_environment():
    env = [
        {"name": "PLAIN", "value": "b c"},
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "password"}}},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "NOTHING", "valueFrom": {"secretKeyRef": {"name": "gone", "key": "x"}}},
    ]
    code, output, _ = await ran("env", on=machine(env=env))
    assert code == 0
    assert {"PLAIN=b c", "PASSWORD=hunter", "POD=web-1", "NOTHING=", "HOSTNAME=web-1"} <= set(
        output.splitlines()
    )


@pytest.mark.parametrize(
    ("image", "word", "has_bash"), [("alpine:3", "Alpine Linux", False), ("i:1", "Debian GNU/Linux", True)]
)
async def test_it_is_as_its_image_says(image, word, has_bash):
    found = machine(image)
    assert word in (await ran("cat", "/etc/os-release", on=found))[1]
    assert (await ran("sh", "-c", "command -v bash", on=found))[0] == (0 if has_bash else 127)


@pytest.mark.parametrize("words", [["sh"], ["/bin/sh"], ["bash", "-c", "true"]])
async def test_a_bare_image_has_no_shell(words):
    with pytest.raises(NoProgram):
        await ran(*words, on=machine("gcr.example/distroless/static"))


@pytest.mark.parametrize("words", [["nope"], ["cd", "/"], [""], []])
async def test_only_programs_are_started(words):
    with pytest.raises(NoProgram):
        await ran(*words)


async def test_it_sees_nothing_of_this_machine(tmp_path):
    (tmp_path / "here").write_text("secret")
    code, output, error = await ran(
        "sh", "-c", f"cat {tmp_path}/here; ls {tmp_path}; ls /work /tmp; echo a > {tmp_path}/x"
    )
    assert code == 1
    assert "secret" not in output + error
    assert [one.name for one in tmp_path.iterdir()] == ["here"]


async def test_a_pipe_of_too_much_is_ended():
    code, output, _ = await ran("sh", "-c", "yes | head -n 2; echo $(yes) | wc -c")
    assert (code, output.splitlines()[:2]) == (0, ["y", "y"])
    assert int(output.splitlines()[2]) <= LARGEST_CAPTURE * 2


async def test_who_types_faster_than_is_read_waits():
    given = Input()
    tasks = [asyncio.create_task(given.feed(b"x")) for _ in range(WAITING + 1)]
    for _ in range(3):
        await asyncio.sleep(0)
    assert [one.done() for one in tasks] == [True] * WAITING + [False]
    assert await given.read() == b"x"
    await tasks[-1]


async def test_a_line_without_an_end_is_cut():
    given = Input(b"x" * (2 * LONGEST_LINE) + b"y\nz", is_ended=True)
    assert [len(await given.line()) for _ in range(3)] == [2 * LONGEST_LINE + 2, 1, 0]
    given = Input()
    for _ in range(5):
        await given.feed(b"x" * (LONGEST_LINE // 2))
    assert len(await given.line()) == LONGEST_LINE


async def test_an_endless_loop_lets_others_go_on_and_can_be_ended():
    task = asyncio.create_task(ran("sh", "-c", "while true; do true; done"))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "script", ["x" * (LONGEST + 1), "$(" * 30 + ")" * 30, "if true; then " * 30 + "fi;" * 30]
)
def test_what_is_too_much_for_any_shell(script):
    with pytest.raises(Misspelt):
        parse(script)


@pytest.mark.parametrize(
    "script", ["echo 'a", 'echo "a', "echo $(a", "if true; then", "for x in a; do", "a &&", "a |"]
)
def test_what_wants_more_lines(script):
    with pytest.raises(Unfinished):
        parse(script)
