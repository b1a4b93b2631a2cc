"""pods/log: options, previous runs, generated lines, and following until the container terminates."""

import http.client
import ssl
import threading
import time

import pytest

from simulator.cluster import Cluster
from simulator.pods.logs import MAX_APPENDED_LINES, MAX_APPENDED_RUNS, MAX_LINES, PODS
from simulator.pods.runs import LogLine, find_run
from tests.dashboard_server import wait_for
from tests.simulator.pods import container_state, node, replace_states, running_pod

PATH = "/api/v1/namespaces/default/pods"


@pytest.fixture(scope="module")
def cluster():
    found = Cluster("logs", seed=3)
    finished_at = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:01:00Z", "exitCode": 3}
    crashed = running_pod(found, "crashed")
    waiting = container_state("c", restarts=2, waiting={"reason": "CrashLoopBackOff"}, last=finished_at)
    creating = container_state("c", waiting={"reason": "ContainerCreating"})
    found.load(
        [
            node(),
            running_pod(found, "web"),
            running_pod(found, "quiet"),
            running_pod(found, "two", "c", "d"),
            replace_states(crashed, waiting),
            replace_states(running_pod(found, "creating"), creating),
            replace_states(
                running_pod(found, "pulling"), container_state("c", waiting={"reason": "ImagePullBackOff"})
            ),
            running_pod(found, "homeless") | {"spec": {"containers": [{"name": "c"}]}},
            replace_states(running_pod(found, "over"), container_state("c", terminated=finished_at)),
        ]
    )
    return found


@pytest.fixture
def written_lines(server_loop, cluster):
    """Nothing is made up while this test runs: ten lines, one a second, are what web has written."""
    before = cluster.logs.source
    server_loop.run(setattr, cluster.logs, "source", ten_lines)
    yield
    server_loop.run(setattr, cluster.logs, "source", before)


def ten_lines(run, since, until, count):
    lines = [LogLine(run.started_at + number, f"line {number}") for number in range(10)]
    return [one for one in lines if since < one.timestamp <= until][-count:] if run.container == "c" else []


def lines_of(reply):
    assert reply.status == 200, reply.body
    return reply.body.decode().splitlines()


def test_it_shows_all(admin, written_lines):
    assert lines_of(admin.get(f"{PATH}/web/log")) == [f"line {number}" for number in range(10)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tailLines=2", ["line 8", "line 9"]),
        ("tailLines=0", []),
        ("tailLines=20", [f"line {number}" for number in range(10)]),
        ("limitBytes=10", ["line 0", "lin"]),
        ("sinceSeconds=5", []),
        ("sinceTime=2000-01-01T00:00:00Z&tailLines=1", ["line 9"]),
    ],
)
def test_it_shows_as_much_as_requested(admin, written_lines, query, expected):
    assert lines_of(admin.get(f"{PATH}/web/log?{query}")) == expected


def test_it_puts_the_time_before_each_line(admin, written_lines, cluster):
    started_at = find_run(cluster.store.get(PODS, "default", "web"), "c").started_at
    first = lines_of(admin.get(f"{PATH}/web/log?timestamps=true"))[0]
    assert first == cluster.clock.format_timestamp(started_at).removesuffix("Z") + ".000000000Z line 0"


def test_it_tails_before_it_filters_by_time(admin, written_lines, cluster):
    """As a kubelet does: two lines are left, of which one is new enough."""
    started_at = find_run(cluster.store.get(PODS, "default", "web"), "c").started_at
    since = cluster.clock.format_timestamp(started_at + 9)
    assert lines_of(admin.get(f"{PATH}/web/log?tailLines=2&sinceTime={since}")) == ["line 9"]


@pytest.mark.parametrize(
    ("pod", "query", "message"),
    [
        ("two", "", "a container name must be specified for pod two, choose one of: [c d]"),
        ("web", "container=x", "container x is not valid for pod web"),
        ("creating", "", 'container "c" in pod "creating" is waiting to start: ContainerCreating'),
        (
            "pulling",
            "",
            'container "c" in pod "pulling" is waiting to start: trying and failing to pull image',
        ),
        ("web", "previous=true", 'previous terminated container "c" in pod "web" not found'),
        ("web", "tailLines=a", 'strconv.ParseInt: parsing "a": invalid syntax'),
    ],
)
def test_it_reports_why_there_is_none(admin, pod, query, message):
    reply = admin.get(f"{PATH}/{pod}/log?{query}")
    assert (reply.status, reply.message) == (400, message)


def test_it_is_empty_before_the_pod_is_scheduled(admin):
    reply = admin.get(f"{PATH}/homeless/log")
    assert (reply.status, reply.body) == (204, b"")


def test_the_log_of_a_run_that_crashed_is_the_last_and_the_previous(admin):
    shown = [lines_of(admin.get(f"{PATH}/crashed/log?tailLines=3{more}")) for more in ("", "&previous=true")]
    assert shown[0] == shown[1]
    assert shown[0][-1] == "fatal: exit status 3"


def test_generated_lines_are_repeatable_and_can_be_read_in_part(cluster):
    run = find_run(cluster.store.get(PODS, "default", "over"), "c")
    everything = cluster.logs.lines(run)
    assert len(everything) > 5
    assert cluster.logs.lines(run) == everything
    assert cluster.logs.lines(run, last=3) == everything[-3:]
    assert cluster.logs.lines(run, since=everything[2].timestamp) == everything[3:]


def test_a_long_run_is_read_in_part_and_at_once(cluster):
    pod = running_pod(cluster, "old", age=400 * 86_400, uid="old")
    found = cluster.logs.lines(find_run(pod, "c"))
    assert len(found) == MAX_LINES
    assert cluster.logs.lines(find_run(pod, "c"), last=10**9) == found
    assert found[-1].timestamp > cluster.clock.seconds() - 60


def test_only_the_last_appended_lines_remain(server_loop, cluster, written_lines):
    def append():
        for number in range(MAX_APPENDED_LINES + 5):
            cluster.logs.append("default", "quiet", "c", f"own {number}")
        return cluster.logs.lines(find_run(cluster.store.get(PODS, "default", "quiet"), "c"))

    texts = [one.text for one in server_loop.run(append)]
    assert texts[:11] == [*[f"line {number}" for number in range(10)], "own 5"]
    assert len(texts) == MAX_APPENDED_LINES + 10


def test_only_so_many_runs_remain():
    cluster = Cluster("many", seed=1)
    names = [f"pod-{number}" for number in range(MAX_APPENDED_RUNS + 1)]
    cluster.load([running_pod(cluster, name) for name in names])
    cluster.logs.source = lambda *question: ()
    for name in names:
        cluster.logs.append("default", name, "c", "hello")
    shown = [
        cluster.logs.lines(find_run(cluster.store.get(PODS, "default", name), "c"))
        for name in (names[0], names[-1])
    ]
    assert [len(one) for one in shown] == [0, 1]


def test_what_a_pod_wrote_goes_with_it():
    cluster = Cluster("gone", seed=1)
    cluster.load([running_pod(cluster, "web", uid="the-same")])
    cluster.logs.source = lambda *question: ()
    pod = cluster.store.get(PODS, "default", "web")
    cluster.logs.append("default", "web", "c", "hello")
    assert [one.text for one in cluster.logs.lines(find_run(pod, "c"))] == ["hello"]
    cluster.store.remove(PODS, "default", "web")
    assert cluster.logs.lines(find_run(pod, "c")) == []


class Follower:
    """Reads a followed log in a thread."""

    def __init__(self, admin, cluster, path):
        context = ssl.create_default_context(cadata=cluster.authority.pem)
        host, _, port = admin.server.removeprefix("https://").partition(":")
        self._connection = http.client.HTTPSConnection(host, int(port), timeout=30, context=context)
        self.lines = []
        self.is_over = False
        self._thread = threading.Thread(target=self._read, args=(path, admin.token), daemon=True)
        self._thread.start()

    def _read(self, path, token):
        self._connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = self._connection.getresponse()
        for line in answer:
            self.lines.append(line.decode().rstrip("\n"))
        self.is_over = True

    def join(self):
        self._thread.join(30)
        return self.lines


def change(cluster, name, *states):
    pod = cluster.store.get(PODS, "default", name)
    cluster.store.put(PODS, replace_states(pod, *states))


def running_since(cluster, name):
    return cluster.store.get(PODS, "default", name)["status"]["containerStatuses"][0]["state"]["running"]


@pytest.fixture
def log_follower(server_loop, cluster, admin, written_lines):
    """A new pod whose log is being read, after its ten lines."""
    name = f"followed-{time.monotonic_ns()}"
    server_loop.run(cluster.store.put, PODS, running_pod(cluster, name, uid=name))
    follower = Follower(admin, cluster, f"{PATH}/{name}/log?follow=true&tailLines=1")
    wait_for(lambda: follower.lines == ["line 9"])
    return name, follower


def test_a_followed_log_goes_on_and_ends_with_the_container(server_loop, cluster, log_follower):
    name, follower = log_follower
    server_loop.run(cluster.logs.append, "default", name, "c", "first\nsecond")
    wait_for(lambda: follower.lines == ["line 9", "first", "second"])
    assert not follower.is_over
    server_loop.run(cluster.logs.append, "default", name, "c", "last words")
    finished_at = running_since(cluster, name) | {"finishedAt": cluster.clock.stamp()}
    server_loop.run(change, cluster, name, container_state("c", terminated=finished_at))
    assert follower.join() == ["line 9", "first", "second", "last words"]
    assert follower.is_over


def test_a_followed_log_ends_when_the_container_begins_anew(server_loop, cluster, log_follower):
    name, follower = log_follower
    now = cluster.clock.stamp()
    last = running_since(cluster, name) | {"finishedAt": now, "exitCode": 1}
    server_loop.run(
        change, cluster, name, container_state("c", restarts=1, running={"startedAt": now}, last=last)
    )
    server_loop.run(cluster.logs.append, "default", name, "c", "of the next run")
    assert follower.join() == ["line 9"]


def test_a_followed_log_ends_when_the_pod_goes(server_loop, cluster, log_follower, caplog):
    name, follower = log_follower
    server_loop.run(cluster.store.remove, PODS, "default", name)
    assert follower.join() == ["line 9"]
    assert follower.is_over
    assert "Error handling request" not in caplog.text
