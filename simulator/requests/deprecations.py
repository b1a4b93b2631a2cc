"""Deprecation warnings of API versions and kinds."""

from simulator.schemas.resources import Resource

BUILT_IN = {
    ("", "v1", "componentstatuses"): "v1 ComponentStatus is deprecated in v1.19+",
    ("", "v1", "endpoints"): "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
}


def deprecation(resource: Resource) -> str:
    """A sentence for the Warning header; "" of one that stays."""
    if resource.definition is None:
        return BUILT_IN.get((resource.group, resource.version, resource.plural), "")
    version = resource.custom_version
    if not version.get("deprecated"):
        return ""
    usual = f"{resource.api_version} {resource.kind} is deprecated"
    return str(version.get("deprecationWarning") or usual)
