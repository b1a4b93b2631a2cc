"""Terminal session: what ends it, that nothing is left behind, its history, limits and audit entries."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest

from clusters.terminal.history import ScreenHistory
from clusters.terminal.launch import TerminalLaunch
from clusters.terminal.service import MAX_RUNNING, TooManyTerminals
from people.control import bump_access
from people.models import Membership, Session, TeamRole
from tests.audit_trail import AuditTrail
from tests.clusters.gateway.conftest import OpenSession
from tests.clusters.terminal.conftest import (
    QUICK,
    Terminals,
    list_processes,
    read_screen,
    type_in,
    wait_for_end,
)
from tests.controlplane.controlplane import ControlPlane
from tests.dashboard_server import wait_for

pytestmark = pytest.mark.django_db(transaction=True)  # the checks read the database in a thread of their own


def test_a_shell_its_jobs_and_what_ignores_signals_end_with_the_terminal(
    session_at_controlplane: OpenSession, terminals: Terminals, audit_trail: AuditTrail
) -> None:
    terminal = terminals.open(session_at_controlplane("dana"))
    type_in(terminal, "sleep 1000 & nohup sleep 2000 >/dev/null & echo both-$((1+1))", "both-2")
    type_in(terminal, "trap '' HUP TERM INT; (trap '' HUP; sleep 3000) & echo third-$((1+2))", "third-3")
    assert len(list_processes(terminal)) >= 4
    wait_for(lambda: terminal.has_watchdog, 20, "no watchdog came")
    terminal.end("closed")
    assert wait_for_end(terminal) == "closed"
    wait_for(lambda: not list_processes(terminal), 10, f"left behind: {list_processes(terminal)}")
    wait_for(lambda: not len(terminals.service), 20)
    rows = [one for one in audit_trail.list_rows(subresource="exec") if "watchdog" not in one.detail]
    began, ended = rows
    assert began.detail["command"].endswith("TERM=xterm-256color bash")
    assert (began.detail["container"], began.name) == ("shell", "toolbox")
    assert (ended.result, ended.detail["ended"]) == ("ok", "closed")
    assert ended.detail["sent"] > 100
    assert ended.detail["received"] > 100
    assert ended.audit_id
    assert ended.duration is not None


POD = """
apiVersion: v1
kind: Pod
metadata: {name: shell-of-ops, namespace: ops}
spec: {containers: [{name: shell, image: "example.com/main:1"}]}
"""


def test_each_reason_ends_it_and_others_go_on(
    session_at_controlplane: OpenSession, terminals: Terminals, controlplane: ControlPlane
) -> None:
    grant = ("exec-in-ops", "-n", "ops")
    revoke = ("delete", "rolebinding,role", grant[0], "-n", "ops", "--ignore-not-found")
    controlplane.kubectl("apply", "-f", "-", input=POD)
    controlplane.kubectl("wait", "--for=condition=Ready", "pod/shell-of-ops", "-n", "ops", "--timeout=30s")
    controlplane.kubectl("create", "role", *grant, "--verb=create,get", "--resource=pods/exec")
    controlplane.kubectl("create", "rolebinding", *grant, f"--role={grant[0]}", "--user=dana")
    dana, ada = session_at_controlplane("dana"), session_at_controlplane("ada")
    others, changed, signed_out = terminals.open(ada), terminals.open(dana), terminals.open(dana)
    denied = terminals.open(dana, TerminalLaunch("ops", "shell-of-ops", "shell"))
    unwatched = terminals.open(dana, timings=replace(QUICK, unwatched=1.5))
    running = (others, changed, signed_out, denied)
    with ExitStack() as watching:
        watching.callback(controlplane.kubectl, *revoke)
        for one in running:
            watching.enter_context(one.watch(lambda: None))
            type_in(one, "echo here-$((2+2))", "here-4")
            wait_for(lambda one=one: one.has_watchdog, 20, "no watchdog came")
        assert wait_for_end(unwatched) == "unwatched"
        Session.objects.get(pk=signed_out.owner.session_id).delete()
        assert wait_for_end(signed_out) == "signed-out"
        controlplane.kubectl(*revoke)
        assert wait_for_end(denied) == "denied"
        assert changed.is_running
        Membership.objects.filter(user=dana.user).update(role=TeamRole.VIEWER)
        bump_access([dana.user.pk])
        assert wait_for_end(changed) == "changed"
        for one in (unwatched, signed_out, denied, changed):
            wait_for(lambda one=one: not list_processes(one), 15, f"left behind: {list_processes(one)}")
        assert others.is_running
        assert len(list_processes(others)) > 0
    controlplane.kubectl("delete", "pod", "shell-of-ops", "-n", "ops", "--force", "--grace-period=0")


def test_limits_owners_and_what_is_not_permitted(
    session_at_controlplane: OpenSession, terminals: Terminals
) -> None:
    dana, rita = session_at_controlplane("dana"), session_at_controlplane("rita")
    command = TerminalLaunch("shop", "toolbox", "shell", "command", ("cat",))
    opened = [terminals.open(dana, command) for _ in range(MAX_RUNNING)]
    with pytest.raises(TooManyTerminals):
        terminals.open(dana)
    first = opened[0]
    assert terminals.service.find(first.owner, first.id) is first
    assert terminals.service.find(terminals.own(dana), first.id) is None, "another browser of hers"
    assert terminals.service.find(replace(first.owner, user_id=rita.user.pk), first.id) is None
    viewer = terminals.open(rita)
    assert wait_for_end(viewer) == "denied"
    assert read_screen(viewer) == ""
    elsewhere = terminals.open(session_at_controlplane("ada"), TerminalLaunch("shop", "nowhere", "shell"))
    assert wait_for_end(elsewhere) == "failed"
    assert elsewhere.ending is not None
    assert "nowhere" in elsewhere.ending.message


def test_history_is_bounded_and_begins_at_a_line() -> None:
    history = ScreenHistory(limit=100)
    for number in range(50):
        history.append(f"line {number:02}\n".encode())
    assert history.end == 400
    part = history.read(0, 1000)
    assert part.content.startswith(b"line 38\n")
    assert part.end == 400
    assert history.read(396, 1000) == (396, b" 49\n")
    assert history.read(400, 10).content == b""
    assert history.read(10_000, 8).content == b"line 38\n"
    history.append(b"x" * 1000)
    assert history.read(0, 5000).content == b"x" * 100
    assert history.end == 1400
