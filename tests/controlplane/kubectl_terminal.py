"""Terminal of kubectl: kubectl in a pseudoterminal, as a person has it."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from tests.controlplane.controlplane import ControlPlane

PATIENCE = 20  # seconds for a text to appear, or for kubectl to end


class KubectlTerminal:
    """`with KubectlTerminal(plane, "exec", "-it", ...) as terminal:`; kubectl is killed at the end."""

    def __init__(self, plane: ControlPlane, *arguments: str, rows: int = 24, columns: int = 80) -> None:
        self._master, slave = pty.openpty()
        self.resize(rows, columns)
        environment = {
            "HOME": str(plane.directory),
            "KUBERC": "off",
            "PATH": "/usr/bin:/bin",
            "TERM": "xterm",
        }
        self._process = subprocess.Popen(
            [str(plane.binaries.kubectl), "--kubeconfig", str(plane.kubeconfig("admin")), *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.screen = ""

    def __enter__(self) -> "KubectlTerminal":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        os.close(self._master)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        """kubectl learns of it by SIGWINCH, which the kernel sends to the foreground group of the terminal."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if hasattr(self, "_process"):
            self._process.send_signal(signal.SIGWINCH)

    def wait_for(self, text: str) -> None:
        """Until the text has been shown since the last call; raises AssertionError with what was shown instead."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.screen:
            if not select.select([self._master], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise AssertionError(f"no {text!r} in {self.screen!r}")
            try:
                self.screen += os.read(self._master, 4096).decode(errors="replace")
            except OSError:  # kubectl has ended
                raise AssertionError(f"kubectl ended, no {text!r} in {self.screen!r}") from None
        self.screen = self.screen.partition(text)[2]

    def wait(self, seconds: float = PATIENCE) -> int:
        """kubectl's exit code; raises subprocess.TimeoutExpired."""
        return self._process.wait(seconds)
