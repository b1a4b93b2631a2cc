"""Reconciler of namespaces: default ServiceAccount, root CA ConfigMap, and tokens of token Secrets."""

from __future__ import annotations

import base64

from simulator.cluster import Cluster
from simulator.requests.authentication import ACCOUNTS
from simulator.requests.tokens import ISSUER, account_claims
from simulator.store import Event, Object
from simulator.writing import registry
from simulator.writing.options import WriteOptions

NAMESPACES, SECRETS, CONFIG_MAPS = ("", "namespaces"), ("", "secrets"), ("", "configmaps")
TOKEN_TYPE = "kubernetes.io/service-account-token"  # noqa: S105 - the type, no token
ACCOUNT_NAME, ACCOUNT_UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"
WRITE_OPTIONS = WriteOptions(manager="kube-controller-manager")
ROOT_CA = "kube-root-ca.crt"
ROOT_CA_TEXT = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)


def reconcile_accounts(cluster: Cluster, event: Event) -> None:
    if event.storage == NAMESPACES and event.type == "ADDED":
        create_namespace_defaults(cluster, event.key.partition("/")[2])
    elif event.storage in (ACCOUNTS, CONFIG_MAPS) and event.type == "DELETED":
        create_namespace_defaults(cluster, event.key.partition("/")[0])
    if event.storage == SECRETS and event.type != "DELETED":
        _fill_token(cluster, event.object)


def create_namespace_defaults(cluster: Cluster, namespace: str) -> None:
    """Where the namespace is there and not going."""
    found = cluster.store.get(NAMESPACES, "", namespace)
    if found is None or "deletionTimestamp" in found["metadata"]:
        return
    if cluster.store.get(ACCOUNTS, namespace, "default") is None:
        _create(cluster, "serviceaccounts", {"metadata": {"name": "default", "namespace": namespace}})
    if cluster.store.get(CONFIG_MAPS, namespace, ROOT_CA) is None:
        about = {"kubernetes.io/description": ROOT_CA_TEXT}
        metadata = {"name": ROOT_CA, "namespace": namespace, "annotations": about}
        _create(cluster, "configmaps", {"metadata": metadata, "data": {"ca.crt": cluster.authority.pem}})


def _create(cluster: Cluster, plural: str, thing: Object) -> None:
    resource = cluster.catalog.find("", "v1", plural)
    if resource is not None:
        registry.create(cluster, resource, thing["metadata"]["namespace"], thing, WRITE_OPTIONS)


def _fill_token(cluster: Cluster, secret: Object) -> None:
    """A Secret that requests a token by its type and annotation."""
    metadata = secret["metadata"]
    name = (metadata.get("annotations") or {}).get(ACCOUNT_NAME)
    if secret.get("type") != TOKEN_TYPE or not name or (secret.get("data") or {}).get("token"):
        return
    namespace = metadata["namespace"]
    account = cluster.store.get(ACCOUNTS, namespace, name)
    resource = cluster.catalog.find("", "v1", "secrets")
    if account is None or resource is None:
        return
    uid = account["metadata"]["uid"]
    bound = {"secret": {"name": metadata["name"], "uid": metadata["uid"]}}
    claims = account_claims(namespace, name, uid, seconds=None, audiences=[ISSUER], bound=bound)
    parts = {"ca.crt": cluster.authority.pem, "namespace": namespace, "token": cluster.tokens.sign(claims)}

    def filled(old: Object) -> Object:
        old["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in parts.items()}
        old["metadata"].setdefault("annotations", {})[ACCOUNT_UID] = uid
        return old

    registry.update(cluster, resource, namespace, metadata["name"], filled, WRITE_OPTIONS)
