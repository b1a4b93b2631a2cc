"""Empty database: one without any table, at the PostgreSQL of the tests."""

from __future__ import annotations

import psycopg

from tests.dashboard_server import wait_for


def create_database(url: str, name: str) -> str:
    """The URL of an empty database of this name at the server of `url`; one that is there already is removed."""
    server, _slash, _database = url.rpartition("/")
    with psycopg.connect(wait_for_server(server), autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f'create database "{name}"')
    return f"{server}/{name}"


def wait_for_server(server: str) -> str:
    """Its own database's URL, once it accepts connections: the port is open a little earlier."""
    wait_for(lambda: _is_answering(f"{server}/postgres"))
    return f"{server}/postgres"


def _is_answering(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
