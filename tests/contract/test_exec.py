"""Contract of pods/exec: channels, protocols and errors."""

from __future__ import annotations

import pytest

from tests.contract.bodies import pod, thing
from tests.contract.both import compare
from tests.contract.contenders import KUBERNETES, SIMULATOR
from tests.contract.pods import run_pod
from tests.contract.sockets import V4, V4_TEXT, V5, exchange, request_rejected_upgrade
from tests.dashboard_server import wait_for

OLD, OLD_TEXT = "channel.k8s.io", "base64.channel.k8s.io"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.fixture(scope="module")
def pods(own_namespace, contenders):
    for contender in contenders.values():
        run_pod(contender, own_namespace, "one")
        run_pod(contender, own_namespace, "two", "c", "d")
        contender.admin.post(f"{own_namespace}/pods", pod("homeless"))
    return f"{own_namespace}/pods"


def command(*words, **streams):
    return "&".join(
        [*(f"{name}=true" for name in streams or {"stdout": 1}), *(f"command={word}" for word in words)]
    )


# name: what is run, what is sent
EXCHANGES = {
    "a word": (command("echo", "hello"), ()),
    "an empty one": (command("true"), ()),
    "errors too": (command("sh", "-c", "echo%20oops%20%3E%262", stdout=1, stderr=1), ()),
    "errors alone": (command("sh", "-c", "echo%20out%3Becho%20oops%20%3E%262", stderr=1), ()),
    "what is typed": (command("sh", stdin=1, stdout=1), (b"\x00echo hello\nexit\n",)),
    "in pieces": (command("sh", stdin=1, stdout=1), (b"\x00echo hel", b"\x00lo\n", b"\x00exit\n")),
    "with messages that are none": (
        command("sh", stdin=1, stdout=1),
        (b"\x00", b"\x09x", b"\x00echo hello\nexit\n"),
    ),
    "with a size": (
        command("sh", stdin=1, stdout=1),
        (b'\x04{"Width":80,"Height":24}', b"\x00echo hello\nexit\n"),
    ),
}
PROTOCOLS = {
    "v5": (V5,), "v4": (V4,), "v4 in text": (V4_TEXT,), "v5 after v4": (V4, V5), "one that is none before": ("a", V4),
    "the oldest": (OLD,), "the oldest in text": (OLD_TEXT,), "none": (),
}  # fmt: skip


@pytest.mark.parametrize("protocols", PROTOCOLS)
@pytest.mark.parametrize("name", EXCHANGES)
def test_an_exchange(contenders, pods, name, protocols):
    query, sent = EXCHANGES[name]
    found, expected = (
        summarize(
            exchange(contenders[one].admin, f"{pods}/one/exec?{query}", *sent, protocols=PROTOCOLS[protocols])
        )
        for one in (SIMULATOR, KUBERNETES)
    )
    compare(found, expected)


def summarize(one):
    """The first and the last message, and all that each channel said; how it is cut is the network's."""
    return [
        one.protocol,
        one.messages[0],
        one.messages[-1],
        one.channels,
        [one.read_channel(number) for number in range(5)],
    ]


REJECTED_BEFORE_UPGRADE = {
    "no such pod": "nope/exec?command=echo&stdout=true",
    "no such container": "one/exec?command=echo&stdout=true&container=nope",
    "one of two": "two/exec?command=echo&stdout=true",
    "no node": "homeless/exec?command=echo&stdout=true",
    "no such pod to attach to": "nope/attach?stdout=true",
    "one of two to attach to": "two/attach?stdout=true",
    "no node to attach to": "homeless/attach?stdout=true",
}


@pytest.mark.parametrize("protocol", [V5, V4])
@pytest.mark.parametrize("name", REJECTED_BEFORE_UPGRADE)
def test_what_is_rejected_before_the_upgrade(both, pods, name, protocol):
    both.same(
        lambda caller: request_rejected_upgrade(
            caller, f"{pods}/{REJECTED_BEFORE_UPGRADE[name]}", protocols=(protocol,)
        )
    )


@pytest.mark.parametrize("part", ["exec", "attach"])
def test_a_request_without_an_upgrade(both, pods, part):
    for method in ("GET", "POST"):
        both.same_request(method, f"{pods}/one/{part}?command=echo&stdout=true")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_another_method(both, pods, method):
    both.same_request(method, f"{pods}/one/exec?command=echo&stdout=true")


@pytest.mark.parametrize("protocols", [("v3.channel.k8s.io",), ("foo", "bar"), ("v6.channel.k8s.io",)])
def test_an_unknown_protocol_is_403_without_a_body(both, pods, protocols):
    path = f"{pods}/one/exec?command=echo&stdout=true"
    assert both.same(
        lambda caller: status_and_body(request_rejected_upgrade(caller, path, protocols=protocols))
    ) == [403, ""]


def status_and_body(reply):
    """What a kubelet says itself, whose headers are its own."""
    return [reply.status, reply.body.decode()]


def test_a_request_without_streams(both, pods):
    path = f"{pods}/one/exec?command=echo"
    reply = both.same(lambda caller: status_and_body(request_rejected_upgrade(caller, path, protocols=(V4,))))
    assert reply == [400, "you must specify at least 1 of stdin, stdout, stderr\n"]
    both.same(lambda caller: exchange(caller, path).status)


@pytest.mark.parametrize("person", ["stan", "rene"])
def test_who_is_not_allowed(both, pods, person):
    path = f"{pods}/one/exec?command=echo&stdout=true"
    both.same(lambda caller: request_rejected_upgrade(caller, path), person=person)
    both.same_request("POST", path, person=person)


@pytest.mark.parametrize("verb", ["get", "create"])
def test_one_of_both_permissions_is_not_enough(both, contenders, pods, verb):
    namespace = pods.split("/")[4]
    rule = {"apiGroups": [""], "resources": ["pods/exec"], "verbs": [verb]}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": verb}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "stan"}
    for one in contenders.values():
        path = f"{RBAC}/namespaces/{namespace}"
        one.admin.post(f"{path}/roles", thing("rbac.authorization.k8s.io/v1", "Role", verb, rules=[rule]))
        body = thing(
            "rbac.authorization.k8s.io/v1", "RoleBinding", verb, roleRef=reference, subjects=[subject]
        )
        one.admin.post(f"{path}/rolebindings", body)
        _wait_for_permission(one, namespace, verb, allowed=True)
    try:
        both.same(
            lambda caller: request_rejected_upgrade(caller, f"{pods}/one/exec?command=echo&stdout=true"),
            person="stan",
        )
    finally:
        for one in contenders.values():
            one.admin.delete(f"{RBAC}/namespaces/{namespace}/rolebindings/{verb}")
            _wait_for_permission(one, namespace, verb, allowed=False)


def _wait_for_permission(contender, namespace, verb, *, allowed):
    """The authorizer of the real one sees a binding a moment after it is created."""
    attributes = {"namespace": namespace, "verb": verb, "resource": "pods", "subresource": "exec"}
    review = {"spec": {"resourceAttributes": attributes}}

    def is_so():
        reply = contender.caller("stan").post(REVIEWS, review)
        return reply.json["status"]["allowed"] is allowed

    wait_for(is_so)
