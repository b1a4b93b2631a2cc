"""Contract of authentication and authorization: identities, reviews, RBAC errors, tokens."""

import pytest

from tests.contract.bodies import config_map, thing
from tests.controlplane.users import USERS

PEOPLE = [one.name for one in USERS]
RBAC = "/apis/rbac.authorization.k8s.io/v1"
AUTHORIZATION = "/apis/authorization.k8s.io/v1"
ATTRIBUTES = [
    {"verb": "get", "resource": "pods", "namespace": "shop"},
    {"verb": "list", "resource": "pods"},
    {"verb": "create", "resource": "pods", "subresource": "exec", "namespace": "shop"},
    {"verb": "get", "resource": "pods", "subresource": "log", "namespace": "pay"},
    {"verb": "get", "resource": "secrets", "namespace": "shop"},
    {"verb": "list", "resource": "secrets", "namespace": "pay"},
    {"verb": "update", "resource": "deployments", "group": "apps", "namespace": "shop"},
    {
        "verb": "update",
        "resource": "deployments",
        "group": "apps",
        "subresource": "scale",
        "namespace": "shop",
    },
    {"verb": "list", "resource": "nodes"},
    {"verb": "list", "resource": "namespaces"},
    {"verb": "get", "resource": "namespaces", "namespace": "shop", "name": "shop"},
    {"verb": "get", "resource": "namespaces", "name": "shop"},
    {"verb": "list", "resource": "widgets", "group": "example.com", "namespace": "shop"},
    {"verb": "list", "resource": "gadgets", "group": "example.com", "namespace": "shop"},
    {"verb": "impersonate", "resource": "serviceaccounts", "namespace": "shop"},
    {"verb": "*", "resource": "*", "group": "*"},
    {
        "verb": "create",
        "resource": "selfsubjectaccessreviews",
        "group": "authorization.k8s.io",
        "namespace": "shop",
    },
    {"resource": "pods"},
    {"verb": "get", "resource": "pods", "fieldSelector": {"rawSelector": "a b c"}},
]


def review(attributes):
    return thing(
        "authorization.k8s.io/v1", "SelfSubjectAccessReview", "", spec={"resourceAttributes": attributes}
    ) | {"metadata": {}}


@pytest.mark.parametrize("person", PEOPLE)
def test_reviews_of_oneself(both, person):
    path = f"{AUTHORIZATION}/selfsubjectaccessreviews"

    def request(caller):
        replies = [caller.post(path, review(one)) for one in ATTRIBUTES]
        for reply in replies:
            if "system:basic-user" in str(reply.json) or "cluster-admin" in str(reply.json):
                reply.json["status"]["reason"] = (
                    "of two grants that hold the real one names whichever it meets first"
                )
        return replies

    both.same(request, person=person)


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("namespace", ["shop", "pay"])
def test_rules_of_oneself(both, person, namespace):
    path = f"{AUTHORIZATION}/selfsubjectrulesreviews"

    def request(caller):
        status = caller.post(path, {"spec": {"namespace": namespace}}).json["status"]
        return {
            key: sorted(map(str, value)) if isinstance(value, list) else value
            for key, value in status.items()
        }

    both.same(request, person=person)


@pytest.mark.parametrize("person", PEOPLE)
def test_who_one_is(both, person):
    both.same_request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, person=person)


REVIEWS = [
    ("selfsubjectaccessreviews", {}),
    ("selfsubjectaccessreviews", {"spec": {}}),
    ("selfsubjectaccessreviews", {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/metrics"}}}),
    ("selfsubjectaccessreviews", {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/logs/x"}}}),
    (
        "selfsubjectaccessreviews",
        {"spec": {"nonResourceAttributes": {"path": "/x"}, "resourceAttributes": {}}},
    ),
    ("selfsubjectaccessreviews?fieldValidation=Strict", {"spec": {"resourceAttributes": {"verbx": "get"}}}),
    ("selfsubjectrulesreviews", {"spec": {}}),
    ("subjectaccessreviews", {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}),
    (
        "subjectaccessreviews",
        {"spec": {"user": "dana", "groups": ["x"], "resourceAttributes": ATTRIBUTES[0]}},
    ),
    (
        "subjectaccessreviews",
        {"spec": {"user": "nobody", "groups": ["system:masters"], "resourceAttributes": ATTRIBUTES[1]}},
    ),
    (
        "subjectaccessreviews",
        {"spec": {"groups": ["x"], "nonResourceAttributes": {"verb": "get", "path": "/version"}}},
    ),
    (
        "namespaces/shop/localsubjectaccessreviews",
        {"spec": {"user": "dana", "resourceAttributes": ATTRIBUTES[0]}},
    ),
    (
        "namespaces/pay/localsubjectaccessreviews",
        {"spec": {"user": "dana", "resourceAttributes": ATTRIBUTES[0]}},
    ),
]


@pytest.mark.parametrize("number", range(len(REVIEWS)))
@pytest.mark.parametrize("person", ["ada", "stan"])
def test_reviews(both, number, person):
    path, body = REVIEWS[number]
    both.same_request("POST", f"{AUTHORIZATION}/{path}", body, person=person)


CALLS = [
    ("GET", "/api/v1/namespaces/shop/pods/nope"),
    ("GET", "/api/v1/namespaces/nowhere/pods/nope"),
    ("GET", "/api/v1/pods"),
    ("GET", "/api/v1/nodes"),
    ("GET", "/api/v1/namespaces"),
    ("GET", "/api/v1/namespaces/shop"),
    ("GET", "/api/v1/namespaces/nowhere"),
    ("GET", "/api/v1/namespaces/pay/secrets"),
    ("GET", "/api/v1/namespaces/pay/secrets?watch=1&timeoutSeconds=1"),
    ("GET", "/api/v1/namespaces/pay/secrets?fieldSelector=metadata.name%3Dx"),
    ("GET", "/apis/apps/v1/namespaces/pay/deployments/x/scale"),
    ("GET", "/apis/nope.io/v1/x"),
    ("GET", "/apis/example.com/v1/namespaces/shop/gadgets"),
    ("GET", "/metrics"),
    ("GET", "/logs"),
    ("POST", "/api/v1/namespaces/pay/configmaps"),
    ("POST", "/api/v1/namespaces/pay/pods/x/exec"),
    ("PATCH", "/api/v1/namespaces/pay/configmaps/x"),
    ("PUT", "/api/v1/namespaces/pay/configmaps/x"),
    ("DELETE", "/api/v1/namespaces/pay/configmaps/x"),
    ("DELETE", "/api/v1/namespaces/pay/configmaps"),
    ("POST", "/api/v1/namespaces/pay/serviceaccounts/default/token"),
    ("POST", f"{RBAC}/clusterroles"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_what_is_forbidden(both, method, path):
    def request(caller):
        reply = caller.call(method, path, {} if method in ("POST", "PUT", "PATCH") else None)
        return reply if reply.status in (401, 403) else reply.status in (200, 404, 400, 415, 422)

    for person in ("dana", "rene", "stan"):
        both.same(request, person=person)


@pytest.mark.parametrize(
    "path", ["/version", "/healthz", "/api", "/apis", "/openapi/v3", "/api/v1/pods", "/nope", "/"]
)
def test_what_is_forbidden_to_everybody(both, path):
    found, expected = (one.anonymous().get(path) for one in (both.simulator, both.kubernetes))
    assert found.status == expected.status
    assert found.message == expected.message


IMPERSONATIONS = [
    {"Impersonate-User": "dana"},
    {"Impersonate-User": "dana", "Impersonate-Group": "system:masters"},
    {"Impersonate-User": "system:serviceaccount:shop:default"},
    {"Impersonate-User": "system:anonymous"},
    {"Impersonate-Group": "x"},
    {"Impersonate-User": ""},
    {"Impersonate-User": "dana", "Impersonate-Uid": "5"},
    {"Impersonate-User": "dana", "Impersonate-Extra-scope": "x"},
    {"Impersonate-Extra-scope": "x"},
]


@pytest.mark.parametrize("number", range(len(IMPERSONATIONS)))
@pytest.mark.parametrize("person", ["admin", "dana", "stan"])
def test_somebody_acts_as_another(both, number, person):
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

    def request(caller):
        reply = caller.post(path, {}, headers=IMPERSONATIONS[number])
        # which of two modes complains depends on which one helped this person last, tests before included
        return (
            reply
            if reply.status != 403
            else [reply.status, reply.reason, reply.message.split(" cannot ")[0][-4:]]
        )

    both.same(request, person=person)


TOKENS = [
    {},
    {"spec": {"expirationSeconds": 700}},
    {"spec": {"expirationSeconds": 5}},
    {"spec": {"expirationSeconds": 4294967297}},
    {"spec": {"audiences": ["x"]}},
    {"spec": {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "nope"}}},
    {"spec": {"boundObjectRef": {"kind": "Foo", "apiVersion": "v1", "name": "nope"}}},
]


@pytest.mark.parametrize("number", range(len(TOKENS)))
def test_a_token_for_an_account(both, number):
    path = "/api/v1/namespaces/shop/serviceaccounts/default/token"
    both.same_request("POST", path, TOKENS[number])


def test_a_token_for_nobody(both):
    both.same_request("POST", "/api/v1/namespaces/shop/serviceaccounts/nope/token", {})


def test_an_account_with_its_token(both):
    def request(contender):
        path = "/api/v1/namespaces/shop/serviceaccounts/default/token"
        token = contender.admin.post(path, {}).json["status"]["token"]
        headers = {"Authorization": f"Bearer {token}"}
        caller = contender.anonymous()
        who = caller.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, headers=headers).json
        review = contender.admin.post(
            "/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": token}}
        ).json
        for one in (who["status"]["userInfo"], review["status"]["user"]):
            assert one.pop("uid")
            assert one.pop("extra")["authentication.kubernetes.io/credential-id"][0].startswith("JTI=")
        return [
            who["status"],
            review["status"],
            caller.get("/api/v1/namespaces/shop/pods", headers=headers).json,
        ]

    assert request(both.simulator) == request(both.kubernetes)


def test_a_review_of_no_token(both):
    both.same_request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": "x"}})


def role(**rule):
    return thing("rbac.authorization.k8s.io/v1", "Role", "more", rules=[rule])


@pytest.fixture
def owner(own_namespace, contenders):
    """dana may write roles and bindings of a namespace, and has view there; nothing more."""
    name = own_namespace.rpartition("/")[2]
    path = f"{RBAC}/namespaces/{name}"
    rules = [
        {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["*"]},
    ]
    own = thing("rbac.authorization.k8s.io/v1", "Role", "owner", rules=rules)
    for one in contenders.values():
        one.admin.post(f"{path}/roles", own)
        for role_name, kind in (("owner", "Role"), ("view", "ClusterRole")):
            one.admin.post(f"{path}/rolebindings", binding(f"dana-{role_name}", kind, role_name, "dana"))
    return path


def binding(name, kind, role_name, user):
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role_name}
    subjects = [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}]
    return thing("rbac.authorization.k8s.io/v1", "RoleBinding", name, roleRef=reference, subjects=subjects)


RULES = [
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["secrets", "pods"], "verbs": ["get", "create"]},
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["a", "b"]},
]


@pytest.mark.parametrize("number", range(len(RULES)))
def test_nobody_grants_more_than_they_have(both, owner, number):
    body = role(**RULES[number])
    both.same_request("POST", f"{owner}/roles?dryRun=All", body, person="dana")


@pytest.mark.parametrize(
    ("kind", "name"),
    [("ClusterRole", "view"), ("ClusterRole", "edit"), ("Role", "owner"), ("ClusterRole", "nope")],
)
def test_nobody_binds_more_than_they_have(both, owner, kind, name):
    body = binding("more", kind, name, "rene")
    both.same_request("POST", f"{owner}/rolebindings?dryRun=All", body, person="dana")


def test_a_new_permission_holds_at_once(cluster, namespace):
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    stan = cluster.caller("stan")
    assert stan.get(path).status == 403
    made = binding("stan-view", "ClusterRole", "view", "stan")
    assert cluster.admin.post(f"{RBAC}/namespaces/{namespace}/rolebindings", made).status == 201
    assert stan.get(path).status in (200, 403)  # the real one sees it a moment later
    assert stan.post(path, config_map()).status == 403
