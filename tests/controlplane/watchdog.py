"""Watchdog: removes a control plane's processes and files when its owner is gone.

A process of its own, started with the control plane's directory and the owner's number as its arguments.
Its standard input is a pipe from the owner, who writes the number of the process group, and "stop" at last.
Then, or when the pipe ends (an exit, a SIGKILL of the owner: the kernel closes it), the group is killed and
the directory removed. It knows the standard library alone. It inherits the directory's lock, by which a later
start sees whether anybody still cares for it.
"""

import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path

PATIENCE = 10  # seconds for killed processes to let go of their files
PROGRAMS = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "metrics-server"}
KUBELET = "test-kubelet"  # its file's name goes on with a version
CONTAINER_MARK = b"QUARTERDECK_TEST_CONTAINER="  # in the environment of what runs in its containers


def main(directory: Path, owner: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    clean(read_groups(owner), directory)


def clean(groups: list[int], directory: Path) -> None:
    """No process and no file is left."""
    for group in groups:
        kill_group(group)
    for number in find_processes(directory):
        kill(number)
    remove(directory)


def read_groups(owner: int) -> list[int]:
    """Read until the owner says "stop" or is gone (a child that it forked may hold the pipe open)."""
    text = b""
    while os.getppid() == owner and not text.endswith(b"stop\n"):
        if not select.select([0], [], [], 1)[0]:
            continue
        read = os.read(0, 4096)
        if not read:
            break
        text += read
    return [int(word) for word in text.split() if word.isdigit()]


def kill_group(number: int) -> None:
    try:
        os.killpg(number, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def kill(number: int) -> None:
    try:
        os.kill(number, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def find_processes(directory: Path) -> list[int]:
    """Each program of a control plane is started with paths in its directory, whose name is random, and each
    process of a container carries such a path in its environment."""
    found = []
    needle = os.fsencode(directory)
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes()
        except OSError:
            continue
        name = os.path.basename(words.split(b"\0")[0]).decode(errors="replace")
        is_program = name in PROGRAMS or name.startswith(KUBELET)
        if (is_program and needle in words) or CONTAINER_MARK + needle in _read_environment(entry.parent):
            found.append(int(entry.parent.name))
    return found


def _read_environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:  # gone, or another user's
        return b""


def remove(directory: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while directory.exists() and time.monotonic() < deadline:
        shutil.rmtree(directory, ignore_errors=True)
        time.sleep(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
