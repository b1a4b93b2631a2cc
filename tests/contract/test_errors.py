"""Contract of errors: unknown paths, media types and credentials."""

import pytest

MANY = [
    ("GET", "/api/v1/namespaces/shop/pods/nope"),
    ("GET", "/apis/nope.io/v1/x"),
    ("GET", "/api/v1/nope"),
    ("GET", "/nope"),
    ("PUT", "/api/v1/namespaces/shop/pods"),
    ("POST", "/api/v1/namespaces/shop/pods/nope"),
    ("POST", "/api/v1/pods"),
    ("DELETE", "/version"),
    ("GET", "/api/v1/pods/nope"),
    ("GET", "/api/v1/namespaces/shop/nodes"),
    ("GET", "/api/v1/namespaces/shop/pods/a/b/c"),
    ("GET", "/api/v1/namespaces/shop/pods/a/nope"),
    ("OPTIONS", "/api/v1/pods"),
    ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
    ("GET", "/api/v1/namespaces/nope/pods"),
    ("GET", "/apis/apps/v2/deployments"),
    ("GET", "/apis/apps/v1/nope"),
]


@pytest.mark.parametrize(("method", "path"), MANY)
def test_a_path_that_is_not_there_or_not_for_that(both, method, path):
    both.same_request(method, path, {} if method in ("PUT", "POST") else None)


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", "application/json;as=Table;v=v9;g=meta.k8s.io"]
)
def test_a_form_that_is_not_served(both, accept):
    both.same_request("GET", "/api/v1/namespaces/shop/configmaps", accept=accept)


@pytest.mark.parametrize(
    "authorization", ["Bearer nope", "Bearer ", "Bearer  x", "Token x", "Basic YTpi", "x"]
)
def test_a_credential_that_is_none(both, authorization):
    headers = {"Authorization": authorization}

    def request(contender):
        return contender.anonymous().get("/api/v1/namespaces/shop/pods", headers=headers)

    found, expected = (request(one) for one in (both.simulator, both.kubernetes))
    assert (found.status, found.json) == (expected.status, expected.json)
