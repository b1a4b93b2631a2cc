"""Contract of discovery, OpenAPI, version and health."""

import pytest

AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)
PLAIN = [
    "/api", "/api/v1", "/apis/apps", "/apis/apps/v1", "/apis/batch/v1", "/apis/autoscaling", "/apis/example.com",
    "/apis/example.com/v1", "/apis/example.com/v1alpha1", "/apis/rbac.authorization.k8s.io/v1", "/version",
    "/healthz", "/livez", "/readyz", "/apis/nope.io", "/apis/apps/v9", "/api/v2", "/apis/events.k8s.io/v1",
    "/apis/metrics.k8s.io/v1beta1",
]  # fmt: skip


@pytest.mark.parametrize("path", PLAIN)
def test_a_plain_document(both, path):
    both.same(lambda caller: sort_resources(caller.get(path)))


def sort_resources(reply):
    """The real one names the kinds of a custom group in an order of its own."""
    if reply.json and reply.json.get("kind") == "APIResourceList":
        reply.json["resources"].sort(key=lambda one: one["name"])
    return reply


def groups(reply):
    """In both by name: the real one orders groups of the same priority as it likes, and has hostile ones."""
    return {
        one["metadata"].get("name", ""): one
        for one in reply.json["items"]
        if "hostile" not in str(one["metadata"])
    }


@pytest.mark.parametrize("path", ["/api", "/apis"])
def test_aggregated_discovery(both, path):
    both.same(lambda caller: groups(caller.get(path, accept=AGGREGATED)))


@pytest.mark.parametrize("path", ["/api", "/apis"])
def test_aggregated_discovery_is_cached_by_its_etag(both, path):
    def request(caller):
        first = caller.get(path, accept=AGGREGATED)
        again = caller.get(path, accept=AGGREGATED, headers={"If-None-Match": first.headers["etag"]})
        return [
            first.headers["content-type"],
            first.headers["cache-control"],
            first.headers["vary"],
            again.status,
            again.body,
        ]

    both.same(lambda caller: str(request(caller)))


def is_of_tests(text):
    """Of a CRD of the world or of another test: the API server goes on naming one for seconds after its end."""
    return "hostile" in text or "contract.example.com" in text


def test_the_groups_in_the_old_form(both):
    def request(caller):
        found = caller.get("/apis").json["groups"]
        return {one["name"]: one for one in found if not is_of_tests(one["name"])}

    both.same(request)


def test_the_index_of_openapi(both):
    both.same(
        lambda caller: sorted(
            path for path in caller.get("/openapi/v3").json["paths"] if not is_of_tests(path)
        )
    )


@pytest.mark.parametrize("path", ["api", "api/v1", "apis/apps/v1", "apis/batch/v1"])
def test_an_openapi_document(both, path):
    def request(caller):
        address = caller.get("/openapi/v3").json["paths"][path]["serverRelativeURL"]
        reply = caller.get(address)
        return [reply.status, reply.headers["cache-control"], reply.json]

    both.same(request)


def test_an_openapi_document_of_a_custom_kind(both):
    def request(caller):
        found = caller.get("/openapi/v3/apis/example.com/v1").json
        schemas = found["components"]["schemas"]
        own = {
            name: strip_descriptions(one) for name, one in schemas.items() if name.startswith("com.example")
        }
        verbs = {
            path: sorted(key for key in item if key != "parameters") for path, item in found["paths"].items()
        }
        kinds = {
            path: item["get"]["x-kubernetes-group-version-kind"]
            for path, item in found["paths"].items()
            if "get" in item
        }
        return [own, verbs, kinds]

    both.same(request)


def strip_descriptions(value):
    if isinstance(value, dict):
        return {
            key: strip_descriptions(one)
            for key, one in value.items()
            if key != "description" or not isinstance(one, str)
        }
    return [strip_descriptions(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", ["/openapi/v3/api?hash=AB", "/openapi/v3/nope"])
def test_an_openapi_path_that_is_wrong(both, path):
    both.same(lambda caller: [(reply := caller.get(path)).status, plain_location(reply)])


def plain_location(reply):
    return reply.headers.get("location", "").partition("=")[0]


def test_openapi_in_the_old_form(both):
    def request(caller):
        found = caller.get("/openapi/v2").json
        names = sorted(
            name for name in found["definitions"] if "hostile" not in name and "example" not in name
        )
        return [found["swagger"], found["info"], names, found["definitions"]["io.k8s.api.core.v1.Pod"]]

    both.same(request)


def test_the_paths_that_are_served(both):
    both.same(
        lambda caller: sorted(
            path
            for path in caller.get("/").json["paths"]
            if path.startswith(("/api", "/apis")) and "hostile" not in path
        )
    )
