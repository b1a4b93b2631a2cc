"""Settings: a wrong or missing value stops the start with an error that names the variable."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.database import AUDIT_POOL, DEFAULT_CONNECTIONS, OWN_CONNECTIONS, database
from dashboard.environment import flag, networks, number, secret
from dashboard.keys import keys
from dashboard.public_url import public_url

ROOT = Path(__file__).resolve().parent.parent.parent
SEALING_KEY = base64.b64encode(b"a key of a test, of 32 bytes all").decode()
PUBLIC_ADDRESSES = (
    "9100", ":9100", "0.0.0.0:9100", "[::]:9100", "198.51.100.7:9100", "[2001:db8::1]:9100", "169.254.169.254:80",
    "quarterdeck:9100", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
)  # fmt: skip
PRODUCTION = {
    "QUARTERDECK_MODE": "production",
    "QUARTERDECK_SECRET_KEY": "0123456789abcdef" * 4,
    "QUARTERDECK_SEALING_KEYS": SEALING_KEY,
    "QUARTERDECK_PUBLIC_URL": "https://deck.example.com",
}


def run(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("QUARTERDECK_", "DATABASE_"))
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**clean, "QUARTERDECK_DATA": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def read_settings(folder: Path, environment: dict[str, str], *names: str) -> dict[str, Any]:
    code = (
        "import json; from django.conf import settings; "
        f"print(json.dumps({{name: getattr(settings, name) for name in {names}}}))"
    )
    done = run(folder, environment, "shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "missing", ["QUARTERDECK_SECRET_KEY", "QUARTERDECK_SEALING_KEYS", "QUARTERDECK_PUBLIC_URL"]
)
def test_production_does_not_start_without_each_of_its_settings(tmp_path: Path, missing: str) -> None:
    environment = {name: value for name, value in PRODUCTION.items() if name != missing}
    done = run(tmp_path, environment, "serve", "--port", "0")
    assert done.returncode == 1
    assert f"Production needs {missing}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUARTERDECK_MODE", "staging"),
        ("QUARTERDECK_SECRET_KEY", "short"),
        ("QUARTERDECK_SECRET_KEY", "k" * 60),
        ("QUARTERDECK_SECRET_KEY", "django-insecure-" + "0123456789abcdef" * 4),
        ("QUARTERDECK_SEALING_KEYS", "c2hvcnQ="),
        ("QUARTERDECK_SEALING_KEYS", f"{SEALING_KEY},not base64"),
        ("QUARTERDECK_PUBLIC_URL", "deck.example.com"),
        ("QUARTERDECK_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("QUARTERDECK_LISTEN", "8000"),
        ("QUARTERDECK_LOG_LEVEL", "LOUD"),
        ("QUARTERDECK_MAX_ROWS", "many"),
        ("QUARTERDECK_LOG_FORMAT", "xml"),
        ("QUARTERDECK_METRICS_TOKEN", "hunter2"),
        ("QUARTERDECK_METRICS_TOKEN", "hunter2 with blanks, and long enough for all"),
        *(("QUARTERDECK_METRICS_LISTEN", value) for value in PUBLIC_ADDRESSES),
        ("DATABASE_URL", "mysql://user:hunter2@db/quarterdeck"),
    ],
)
def test_a_wrong_value_stops_the_start_and_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = run(tmp_path, {**PRODUCTION, name: value}, "serve", "--no-prepare", "--port", "0")
    assert done.returncode == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


def test_production_under_https_has_cookies_that_no_neighbour_can_set(tmp_path: Path) -> None:
    expected = {
        "SESSION_COOKIE_NAME": "__Host-quarterdeck-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_PATH": "/",
        "CSRF_COOKIE_NAME": "__Host-quarterdeck-csrf",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "SECURE_HSTS_SECONDS": 365 * 24 * 3600,
        "ALLOWED_HOSTS": ["deck.example.com"],
        "CSRF_TRUSTED_ORIGINS": ["https://deck.example.com"],
        "DEBUG": False,
    }
    assert read_settings(tmp_path, PRODUCTION, *expected) == expected


def test_an_address_of_ipv6_is_a_host_too(tmp_path: Path) -> None:
    environment = {**PRODUCTION, "QUARTERDECK_PUBLIC_URL": "https://[2001:db8::1]:8443"}
    expected = {"ALLOWED_HOSTS": ["[2001:db8::1]"], "CSRF_TRUSTED_ORIGINS": ["https://[2001:db8::1]:8443"]}
    assert read_settings(tmp_path, environment, *expected) == expected


def test_a_sub_path_is_the_cookies_path_too(tmp_path: Path) -> None:
    environment = {**PRODUCTION, "QUARTERDECK_PUBLIC_URL": "https://example.com:8443/deck/"}
    expected = {
        "SESSION_COOKIE_NAME": "__Secure-quarterdeck-session",
        "SESSION_COOKIE_PATH": "/deck",
        "CSRF_COOKIE_PATH": "/deck",
        "FORCE_SCRIPT_NAME": "/deck",
        "STATIC_URL": "/deck/static/",
    }
    assert read_settings(tmp_path, environment, *expected) == expected


def test_a_fresh_checkout_makes_its_own_keys_once_for_itself_only(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    first, second = keys(folder, production=False), keys(folder, production=False)
    assert (first.secret, first.sealing) == (second.secret, second.sealing)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "keys.json").stat().st_mode & 0o777 == 0o600
    assert first.secret not in repr(first)
    assert keys(tmp_path / "other", production=False).secret != first.secret
    assert [path.name for path in folder.iterdir()] == ["keys.json"]


@pytest.mark.parametrize(
    ("value", "origin", "path"),
    [
        ("https://deck.example.com", "https://deck.example.com", ""),
        ("https://Deck.Example.com:443/", "https://deck.example.com", ""),
        ("https://deck.example.com:8443/a/b/", "https://deck.example.com:8443", "/a/b"),
        ("http://[::1]:8000", "http://[::1]:8000", ""),
    ],
)
def test_it_takes_a_public_url_apart(value: str, origin: str, path: str) -> None:
    found = public_url(value, production=True)
    assert found is not None
    assert (found.origin, found.path) == (origin, path)


@pytest.mark.parametrize(
    "value",
    [
        "ftp://deck.example.com", "https://", "https://user@deck.example.com", "https://deck.example.com/?a", "https://d/#x",
        "https://d:99999", "https://d/../x", "https://d//x", "https://d/a;b", "https://d/%2e", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_it_refuses_a_public_url_that_is_none(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="QUARTERDECK_PUBLIC_URL"):
        public_url(value, production=False)


def test_it_reads_values_of_other_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_FLAG", "On")
    monkeypatch.setenv("X_NETWORKS", "10.0.0.0/8, 192.0.2.7,2001:db8::/32")
    assert flag("X_FLAG") is True
    assert [str(network) for network in networks("X_NETWORKS")] == [
        "10.0.0.0/8",
        "192.0.2.7/32",
        "2001:db8::/32",
    ]
    monkeypatch.setenv("X_NUMBER", "11")
    with pytest.raises(ImproperlyConfigured, match="X_NUMBER must be a whole number from 0 to 10"):
        number("X_NUMBER", 5, maximum=10)
    monkeypatch.setenv("X_FLAG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="X_FLAG"):
        flag("X_FLAG")


def test_postgresql_by_a_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("dashboard.database.find_spec", lambda name: object())
    found = database("postgresql://deck:p%40ss@db.example.com:5433/quarterdeck?sslmode=verify-full", tmp_path)
    assert found["ENGINE"] == "dashboard.postgresql"
    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("quarterdeck", "deck", "p@ss")
    assert (found["HOST"], found["PORT"]) == ("db.example.com", "5433")
    options = found["OPTIONS"]
    assert (options["sslmode"], options["connect_timeout"]) == ("verify-full", "3")
    assert options["limits"] == {"statement": 15_000, "lock": 5_000, "idle_transaction": 30_000}
    assert options["pool"]["max_size"] + AUDIT_POOL + OWN_CONNECTIONS == DEFAULT_CONNECTIONS
    monkeypatch.setattr("dashboard.database.find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match="requirements-replicas"):
        database("postgresql://deck@db/quarterdeck", tmp_path)


@pytest.mark.parametrize(
    ("where", "host", "port"),
    [
        ("one:5432,two:5433", "one,two", "5432,5433"),
        ("one,two:5433", "one,two", ",5433"),
        ("[fd00::1]:5432,[fd00::2]", "fd00::1,fd00::2", "5432,"),
        ("", "/run/postgresql", ""),
    ],
)
def test_several_hosts_and_sockets_are_given_to_libpq(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str, host: str, port: str
) -> None:
    monkeypatch.setattr("dashboard.database.find_spec", lambda name: object())
    query = "" if where else "&host=/run/postgresql"
    url = f"postgresql://deck@{where}/quarterdeck?target_session_attrs=read-write{query}"
    found = database(url, tmp_path)
    assert (found["HOST"], found["PORT"]) == (host, port)
    assert found["OPTIONS"]["target_session_attrs"] == "read-write"


def test_time_limits_of_postgresql_can_be_set_and_removed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("dashboard.database.find_spec", lambda name: object())
    query = "statement_timeout=2min&lock_timeout=0&pool_timeout=250&connect_timeout=9&tcp_user_timeout="
    options = database(f"postgresql://db/quarterdeck?{query}", tmp_path)["OPTIONS"]
    assert (options["limits"]["statement"], options["limits"]["lock"]) == (120_000, 0)
    assert (options["pool"]["timeout"], options["connect_timeout"]) == (0.25, "9")
    assert "tcp_user_timeout" not in options


@pytest.mark.parametrize(
    "url", ["postgresql://db/", "postgresql://db:port/x", "postgresql://db/x?user=-c", "sqlite:///x",
        "postgresql://db:0/x", "postgresql://a:5432,b:x/x", "postgresql://db/x?lock_timeout=1h",
        "postgresql://db/x?statement_timeout=-1",
    ],
)  # fmt: skip
def test_a_wrong_database_url_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        database(url, tmp_path)


SECRETS = {
    "QUARTERDECK_SECRET_KEY": "0123456789abcdef" * 4,
    "QUARTERDECK_SEALING_KEYS": f"{SEALING_KEY}\n{base64.b64encode(b'another key of 32 bytes, as well').decode()}",
    "QUARTERDECK_METRICS_TOKEN": "m" * 32,
    "QUARTERDECK_REDIS_URL": "redis://:word@127.0.0.1:1/0",
    "DATABASE_URL": "postgresql://deck:word@127.0.0.1/deck",
}


def test_each_secret_can_be_in_a_file(tmp_path: Path) -> None:
    files = {}
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"{value}\n")
        files[f"{name}_FILE"] = str(tmp_path / name)
    found = read_settings(
        tmp_path, files, "SECRET_KEY", "SEALING_KEYS", "METRICS_TOKEN", "REDIS_URL", "DATABASES"
    )
    assert found["DATABASES"]["default"]["PASSWORD"] == "word"
    assert (found["SECRET_KEY"], found["METRICS_TOKEN"], found["REDIS_URL"]) == (
        SECRETS["QUARTERDECK_SECRET_KEY"],
        SECRETS["QUARTERDECK_METRICS_TOKEN"],
        SECRETS["QUARTERDECK_REDIS_URL"],
    )
    assert found["SEALING_KEYS"] == SECRETS["QUARTERDECK_SEALING_KEYS"].split()


def test_a_secret_s_file_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    monkeypatch.setenv("X_FILE", str(file))
    for content, message in (
        (None, "X_FILE: .* cannot be read: No such file"),
        (b" \n", "X_FILE: .* is empty"),
        (b"\xff\xfe canary", "X_FILE: .* is not a text file"),
        (b"canary" * 20_000, "X_FILE: .* is larger than 64 KiB"),
    ):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ImproperlyConfigured, match=message) as raised:
            secret("X")
        assert "canary" not in str(raised.value)
    file.write_text("from the file")
    assert secret("X") == "from the file"
    monkeypatch.setenv("X", "canary")
    with pytest.raises(ImproperlyConfigured, match="X and X_FILE are both set"):
        secret("X")
