"""Fixtures that all tests share; those of one package are in its folder."""

from tests.audit_trail import audit_trail, django_db_setup, empty_audit_trail
from tests.browser import browser, new_page, pytest_collection_modifyitems
from tests.canary_watch import pytest_configure, pytest_runtest_setup, pytest_runtest_teardown
from tests.controlplane.fixtures import controlplane, kubelet, second_controlplane
from tests.dashboard_server import dashboard_server
from tests.missing import pytest_sessionfinish, pytest_terminal_summary
from tests.parts import pytest_addoption
from tests.passwords import fast_passwords
from tests.postgresql import postgresql, postgresql_programs, postgresql_server
from tests.rate_limits import fresh_rate_limits
from tests.redis_server import redis, redis_program
from tests.simulated_cluster import second_simulated_cluster, simulated_cluster

pytest_plugins = ["tests.fast", "tests.lanes"]
__all__ = [
    "audit_trail",
    "browser",
    "controlplane",
    "dashboard_server",
    "django_db_setup",
    "empty_audit_trail",
    "fast_passwords",
    "fresh_rate_limits",
    "kubelet",
    "new_page",
    "postgresql",
    "postgresql_programs",
    "postgresql_server",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_setup",
    "pytest_runtest_teardown",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "redis",
    "redis_program",
    "second_controlplane",
    "second_simulated_cluster",
    "simulated_cluster",
]
