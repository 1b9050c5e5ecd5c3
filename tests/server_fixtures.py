"""Fixtures for modules whose tests share one real server: what a function here returns, a module calls by the name it says.

Knows pytest and certificates. Must not know what is tested with a server.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chatd.certificates import Files
from chatd.self_signed import make_missing
from tests.servers import Server, serving


def tls_server_fixture(*options: str) -> object:
    """``server``: one for all tests, which also speaks TLS, with a certificate that nobody vouches for."""

    @pytest.fixture(scope="module")
    def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        folder = tmp_path_factory.mktemp("identity")
        files = Files(folder / "a.crt", folder / "a.key")
        make_missing(files, "localhost", datetime.now(UTC))
        certificate = "--cert", str(files.certificate), "--key", str(files.key)
        with serving(tmp_path_factory.mktemp("server") / "run", *certificate, *options) as running:
            yield running

    return server


def visited_server_fixtures(*options: str) -> tuple[object, object]:
    """``shared, server``: one for all tests; and the same, for a test that leaves it as it was: nobody there, every name free."""

    @pytest.fixture(scope="module")
    def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        with serving(tmp_path_factory.mktemp("server") / "run", *options) as running:
            yield running

    @pytest.fixture
    def server(shared: Server) -> Iterator[Server]:
        shared.await_everybody_gone()
        yield shared
        shared.await_everybody_gone()

    return shared, server
