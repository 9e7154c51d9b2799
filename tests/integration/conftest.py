"""Fixtures of the integration tests: one real Kafka and one real PostgreSQL for the whole run.

A test that kills or pauses a server takes its own: `new_kafka("name")`, `new_postgres("name")`.
"""
import contextlib
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "runner"))

from gb_servers import ROOT, Kafka, Postgres  # noqa: E402


def without_kafka():
    """Fails with CI=true; elsewhere skips, which the runner counts and shows."""
    why = "Kafka could not be fetched (build/kafka-missing): nothing is proved here"
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def kafka_jars():
    if os.path.exists(os.path.join(ROOT, "build", "kafka-missing")):
        without_kafka()


def stop_if_running(server):
    if server.is_running():
        server.stop()


@pytest.fixture(scope="session")
def kafka():
    kafka_jars()
    with Kafka("kafka-shared") as server:
        yield server


@pytest.fixture
def new_kafka():
    """`new_kafka("name", **settings)`: a broker of the test's own, started; stopped afterwards."""
    kafka_jars()
    with contextlib.ExitStack() as stack:
        def make(name, **settings):
            server = Kafka(name, **settings)
            stack.callback(stop_if_running, server)
            return server.start()
        yield make


@pytest.fixture
def new_postgres():
    """`new_postgres("name", **settings)`: a database of the test's own, started."""
    with contextlib.ExitStack() as stack:
        def make(name, **settings):
            server = Postgres(name, **settings)
            stack.callback(stop_if_running, server)
            return server.start()
        yield make


@pytest.fixture(scope="session")
def postgres():
    with Postgres("postgres-shared") as server:
        yield server


@pytest.fixture(scope="session")
def gridbridge():
    """Path of the release program."""
    return os.environ.get("GB_BIN") or os.path.join(ROOT, "build", "release", "gridbridge")


@pytest.fixture(scope="session")
def town(tmp_path_factory, kafka, postgres):
    """A generated day in the source topics; see town_of_tests.py."""
    from town_of_tests import Town
    return Town(kafka, postgres, tmp_path_factory.mktemp("town"))
