"""Control plane: starts a real Kubernetes, speaks to it as a test user, and stops parts of it."""

import json
import secrets
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from tests import canary
from tests.controlplane import programs
from tests.controlplane.binaries import Binaries, find_binaries
from tests.controlplane.building import report
from tests.controlplane.certificates import ISSUER, Authority, Pair, make_service_account_key, sign_token
from tests.controlplane.files import write_files
from tests.controlplane.kubeconfigs import ADMIN, write_component_kubeconfigs, write_kubeconfig
from tests.controlplane.metrics import NAME as METRICS
from tests.controlplane.metrics import build_metrics_objects
from tests.controlplane.processes import Port, Processes
from tests.controlplane.users import USERS, get_person


class ControlPlane:
    """etcd, kube-apiserver, controller-manager, scheduler and kwok (and metrics-server, which takes 40 s more
    to know anything) as processes of this machine, in one temporary directory.

    `with ControlPlane() as plane:` or start() and stop(). Nothing is in it but what Kubernetes itself puts
    there: world.fill() fills it.
    """

    def __init__(self, *, metrics: bool = False, progress: Callable[[str], None] = report) -> None:
        self._metrics = metrics
        self._progress = progress
        self._authority = Authority("quarterdeck-test-ca")
        self._service_account_key = make_service_account_key()
        self._tokens = {one.name: secrets.token_urlsafe(24) for one in USERS}
        for name, token in self._tokens.items():
            canary.plant(f"the token of {name}", token)
        self._pairs: dict[str, Pair] = {}
        self._ports: dict[str, Port] = {}
        self._is_started = False

    # --- life

    def start(self) -> "ControlPlane":
        """Ready when it returns. Raises ControlPlaneUnavailable where the programs cannot be had."""
        self.binaries: Binaries = find_binaries(self._progress)
        self._processes = Processes()
        self._is_started = True
        try:
            self._start_programs()
        except BaseException:
            self.stop()
            raise
        return self

    def _start_programs(self) -> None:
        self._ports = {name: Port() for name in programs.PORTS}
        write_files(
            self.directory,
            self._authority,
            self._service_account_key,
            self._tokens,
            self.binaries,
            self._ports["kube-apiserver"].number,
        )
        self._write_kubeconfigs()
        self._start("etcd")
        self._processes.wait_until("etcd", self._ports["etcd"].answers)
        self.start_apiserver()
        for name in programs.CLIENTS:
            self._start(name)
        self._processes.wait_until("kwok", self._ports["kwok"].answers)
        if self._metrics:
            self._start("metrics-server")
            self.apply(build_metrics_objects(self._ports["metrics-server"].number))
            self.kubectl("wait", "--for=condition=Available", f"apiservice/{METRICS}", "--timeout=60s")

    def stop(self) -> None:
        """No process and no file is left when it returns; a second call does nothing."""
        if not self._is_started:
            return
        self._is_started = False
        self._processes.stop()
        for port in self._ports.values():
            port.release()

    def __enter__(self) -> "ControlPlane":
        return self if self._is_started else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- where and what

    @property
    def directory(self) -> Path:
        """Everything of it; a program's output is `<program>.log`."""
        return self._processes.directory

    @property
    def watchdog_pid(self) -> int:
        """The process that cleans up when this one is gone."""
        return self._processes.watchdog_pid

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{self._ports['kube-apiserver']}"

    @property
    def ca(self) -> str:
        """The PEM by which the server is known."""
        return self._authority.pem

    @property
    def audit_log(self) -> Path:
        """One JSON line for each stage of each request, without bodies."""
        return self.directory / "audit.log"

    @property
    def pod_log(self) -> Path:
        """What `kubectl logs` shows of every container, as CRI lines; what is appended is followed."""
        return self.directory / "pod.log"

    # --- credentials of the test users

    def token(self, name: str) -> str:
        """The static bearer token of a test user."""
        return self._tokens[name]

    def certificate(self, name: str, *, seconds: int | None = None) -> tuple[str, str]:
        """A client certificate and its key (PEM) of a test user; with seconds a new one of that life,
        which is over already where they are negative."""
        if seconds is not None:
            pair = self._authority.client(name, get_person(name).groups, seconds=seconds)
        elif name in self._pairs:
            pair = self._pairs[name]
        else:
            pair = self._pairs[name] = self._authority.client(name, get_person(name).groups)
        canary.plant(f"the key of {name}", pair.key)
        return pair.certificate, pair.key

    def kubeconfig(self, name: str) -> Path:
        """A file with everything inline, as its owner would have it on a laptop."""
        return self.directory / "kubeconfigs" / f"{name}.yaml"

    def service_account_token(self, namespace: str, name: str, seconds: int) -> str:
        """A token of that ServiceAccount for so many seconds: any number, negative ones have ended already.

        (The API server takes a token for up to 60 s after its end: ask for -61 to be refused at once.)
        """
        account = json.loads(self.kubectl("get", "serviceaccount", name, "-n", namespace, "-o", "json"))
        now = int(time.time())
        begin = min(now, now + seconds) - 10
        claims = {
            "iss": ISSUER,
            "aud": [ISSUER],
            "sub": f"system:serviceaccount:{namespace}:{name}",
            "iat": begin,
            "nbf": begin,
            "exp": now + seconds,
            "jti": secrets.token_hex(16),
            "kubernetes.io": {
                "namespace": namespace,
                "serviceaccount": {"name": name, "uid": account["metadata"]["uid"]},
            },
        }
        return canary.plant(f"a token of {name}", sign_token(self._service_account_key, claims))

    # --- speaking to it

    def kubectl(
        self, *arguments: str, person: str | None = None, input: str | None = None, check: bool = True
    ) -> str:
        """Its standard output. None is the admin in system:masters; raises KubectlFailed (check)."""
        command = [
            str(self.binaries.kubectl),
            "--kubeconfig",
            str(self.kubeconfig(person or ADMIN)),
            *arguments,
        ]
        environment = {
            "HOME": str(self.directory),
            "KUBECACHEDIR": str(self.directory / "kubectl-cache"),
            "KUBERC": "off",
            "PATH": "/usr/bin:/bin",
        }
        done = subprocess.run(
            command, input=input, capture_output=True, text=True, env=environment, timeout=120, check=False
        )
        if check and done.returncode:
            raise KubectlFailed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def apply(
        self, objects: Iterable[dict[str, Any]], *, server_side: bool = True, status: bool = False
    ) -> None:
        """Create or change objects; not on the server's side, kubectl leaves its last-applied annotation."""
        options = ["--server-side", "--force-conflicts"] if server_side else []
        options += ["--subresource=status"] if status else []
        self.kubectl("apply", *options, "-f", "-", input=_build_list(objects))

    def create(self, objects: Iterable[dict[str, Any]], *, manager: str = "kubectl-create") -> None:
        """New objects, byte for byte (server-side apply reads YAML, which has no control characters)."""
        self.kubectl("create", f"--field-manager={manager}", "-f", "-", input=_build_list(objects))

    def wait_for(self, condition: str, plural: str, *, namespace: str = "", seconds: int = 30) -> None:
        """Until all of that kind are so, in one namespace or of the whole cluster; raises KubectlFailed."""
        where = ("-n", namespace) if namespace else ()
        self.kubectl("wait", f"--for=condition={condition}", plural, "--all", *where, f"--timeout={seconds}s")

    def is_ready(self) -> bool:
        """Whether the API server's /readyz says so, within a second."""
        context = ssl.create_default_context(cadata=self.ca)
        try:
            with urllib.request.urlopen(f"{self.server}/readyz", timeout=1, context=context) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    # --- hurting it

    def kill_apiserver(self) -> None:
        """SIGKILL: every connection breaks at once."""
        self._processes.signal("kube-apiserver", signal.SIGKILL)
        self._processes.wait("kube-apiserver", seconds=10)

    def send_signal(self, name: str, number: signal.Signals) -> None:
        """To one program, such as SIGSTOP to controllers that are to stand still; SIGCONT lets them go on."""
        self._processes.signal(name, number)

    def stop_apiserver(self) -> None:
        """SIGTERM, and return at once: no new connections, but open watches stay silent for a minute."""
        self._processes.signal("kube-apiserver", signal.SIGTERM)

    def start_apiserver(self, *, patience: float = 75) -> None:
        """Start it (again), on the same port, and wait until it is ready.

        A process that was signalled to stop drains for a minute; after so many seconds of patience it is killed.
        """
        if self._processes.is_running("kube-apiserver"):
            try:
                self._processes.wait("kube-apiserver", seconds=patience)
            except subprocess.TimeoutExpired:
                self.kill_apiserver()
        self._start("kube-apiserver")
        self._processes.wait_until("kube-apiserver", self.is_ready, seconds=60)

    # --- programs beside it

    def start_program(
        self, name: str, program: Path, arguments: list[str], ready: Callable[[], bool]
    ) -> None:
        """In its process group and with its watchdog; returns when it is ready."""
        self._processes.start(name, program, arguments)
        self._processes.wait_until(name, ready)

    def stop_program(self, name: str) -> None:
        """SIGTERM, and wait; one that has ended already is no error."""
        self._processes.signal(name, signal.SIGTERM)
        self._processes.wait(name, seconds=30)

    def issue_certificate(self, user: str, groups: list[str]) -> Pair:
        """A client certificate for a component that is no test user."""
        return self._authority.client(user, groups)

    def _start(self, name: str) -> None:
        program, arguments = programs.build_command(name, self.binaries, self.directory, self._ports)
        self._processes.start(name, program, arguments)

    def _write_kubeconfigs(self) -> None:
        folder = self.directory / "kubeconfigs"
        write_component_kubeconfigs(folder, self.server, self._authority)
        for one in USERS:
            pair = Pair(*self.certificate(one.name))
            write_kubeconfig(folder, self.server, self.ca, one, self.token(one.name), pair)


class KubectlFailed(Exception):
    """kubectl ended with an error; the text is its own."""


def _build_list(objects: Iterable[dict[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
