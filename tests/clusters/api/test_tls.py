"""TLS context: verification, authorities, and a client key that stays off the disk."""

from __future__ import annotations

import os
import ssl
import sys
from typing import Any

import pytest

from clusters.api.connection import Connection, Identity, Server
from clusters.api.tls import ssl_context
from tests.clusters.api.calls import BOTH, fetch, make_connection
from tests.clusters.api.faults import AUTHORITY, FaultServer, list_open_files, respond_with
from tests.clusters.api.old_authority import OldAuthority

written: list[Any] = []  # what was opened for writing: paths, or numbers of descriptors


def _note_write(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        written.append(arguments[0])


sys.addaudithook(_note_write)  # for the rest of the process: it cannot be taken out


def build_connection(person: str = "dana", **settings: Any) -> Connection:
    pair = AUTHORITY.client(person)
    server = Server("https://127.0.0.1:6443", AUTHORITY.pem, **settings)
    return Connection("c", server, Identity(certificate=pair.certificate, key=pair.key), person)


def test_it_leaves_no_key_behind() -> None:
    held, before = build_connection("nobody-before"), list_open_files()
    written.clear()
    ssl_context(held)
    assert written
    assert all(isinstance(one, int) for one in written)
    assert not {path for path in list_open_files() - before if "certificate" in path}


def test_it_reads_the_key_from_a_file_that_goes_where_there_is_no_memory_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delattr(os, "memfd_create")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    ssl_context(build_connection("another-nobody"))
    assert list(tmp_path.iterdir()) == []


def test_it_keeps_one_context_for_one_identity() -> None:
    one = build_connection()
    assert ssl_context(one) is ssl_context(one)
    assert ssl_context(one) is not ssl_context(build_connection("rene"))


def test_it_verifies_unless_it_is_turned_off() -> None:
    strict = ssl_context(build_connection())
    assert (strict.verify_mode, strict.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert strict.minimum_version == ssl.TLSVersion.TLSv1_2
    loose = ssl_context(build_connection(verify=False))
    assert (loose.verify_mode, loose.check_hostname) == (ssl.CERT_NONE, False)
    assert strict.check_hostname


@pytest.mark.parametrize("how", BOTH)
def test_it_accepts_a_ca_without_key_usage(how: str) -> None:
    """kubeadm made such, and Python 3.13 refuses them where it is strict."""
    authority = OldAuthority()
    with FaultServer(respond_with(200), pair=authority.server()) as server:
        assert fetch(how, make_connection(server, ca=authority.pem)) == b"{}"


@pytest.mark.parametrize("how", BOTH)
def test_it_trusts_an_intermediate_that_the_bundle_names(how: str) -> None:
    authority = OldAuthority()
    pair, intermediate = authority.server_by_intermediate()
    with FaultServer(respond_with(200), pair=pair) as server:
        assert fetch(how, make_connection(server, ca=intermediate)) == b"{}"


@pytest.mark.parametrize("how", BOTH)
def test_it_reads_a_bundle_of_several(how: str) -> None:
    with FaultServer(respond_with(200)) as server:
        assert (
            fetch(how, make_connection(server, ca=OldAuthority().pem + "\n# ours\n" + AUTHORITY.pem)) == b"{}"
        )


@pytest.mark.parametrize("how", BOTH)
def test_it_trusts_no_authority_beside_the_bundle(how: str) -> None:
    """requests would load certifi's authorities into the context at the first call."""
    with FaultServer(respond_with(200)) as server:
        held = make_connection(server)
        fetch(how, held)
        assert ssl_context(held).cert_store_stats()["x509"] == 1
