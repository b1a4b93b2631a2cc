"""kubectl commands beside a page: the same result, and safe to paste."""

import shlex

from hypothesis import given
from hypothesis import strategies as st

from dashboard.address import kubectl
from dashboard.address.paths import Address, address


def test_it_lists_with_selectors():
    target = Address(
        ("prod",),
        ("shop",),
        "pods",
        query=(("selector", "app in (a,b)"), ("fields", "status.phase=Running"), ("q", "x")),
    )
    assert (
        kubectl.list_commands(target)
        == "kubectl --context prod get pods -l 'app in (a,b)' --field-selector status.phase=Running -n shop"
    )


def test_it_writes_one_command_for_each_cluster_and_namespace():
    target = Address(("a", "b"), ("shop", "pay"), "deployments.apps")
    assert kubectl.list_commands(target).splitlines() == [
        "kubectl --context a get deployments.apps -n shop",
        "kubectl --context a get deployments.apps -n pay",
        "kubectl --context b get deployments.apps -n shop",
        "kubectl --context b get deployments.apps -n pay",
    ]
    many = Address(tuple(f"c{i}" for i in range(20)), ("_all",), "pods")
    assert len(kubectl.list_commands(many).splitlines()) == kubectl.MAX_COMMANDS + 1


def test_it_knows_all_namespaces_and_none():
    assert (
        kubectl.list_commands(Address(("a",), ("_all",), "pods"))
        == "kubectl --context a get pods --all-namespaces"
    )
    node = address("a", "nodes", namespaced=False, name="n1")
    assert kubectl.get_command(node, "-o", "yaml") == "kubectl --context a get nodes n1 -o yaml"
    assert kubectl.describe_command(node) == "kubectl --context a describe nodes n1"
    assert kubectl.events_command(node, "Node") == "kubectl --context a events --for Node/n1 -n default"


def test_it_prints_one_secret_value():
    target = address("a", "secrets", namespace="shop", name="db")
    assert kubectl.secret_value(target, "tls.key") == (
        "kubectl --context a get secrets db -o 'jsonpath={.data.tls\\.key}' -n shop | base64 -d"
    )


@given(st.text(min_size=1, max_size=60))
def test_it_is_one_command_for_the_shell_whatever_the_name(name):
    words = shlex.split(kubectl.get_command(address("a", "pods", namespace="shop", name=name)))
    named = [f"pods/{name}"] if name.startswith("-") else ["pods", name]
    assert words == ["kubectl", "--context", "a", "get", *named, "-n", "shop"]
