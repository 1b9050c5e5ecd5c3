"""Other states of the project, to compare with. Knows git. Must not know what is done with them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmark.servers import ROOT


class NoCheckout(Exception):
    """There is no such revision, or no git. The text says which."""


@contextmanager
def revision(name: str) -> Iterator[Path]:
    """The files of a revision, in a folder of their own for as long as the context lasts.

    Raises:
        NoCheckout: git does not know it.
    """
    with TemporaryDirectory(prefix="chatd-revision-") as folder:
        archive = Path(folder, "archive.tar")
        _do(name, "git", "-C", str(ROOT), "archive", "--output", str(archive), name)
        _do(name, "tar", "-xf", str(archive), "-C", folder)
        yield Path(folder)


def _do(name: str, *command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise NoCheckout(
            f"The revision {name} cannot be taken out of git: there is no program {command[0]}."
        ) from error
    except subprocess.CalledProcessError as error:
        raise NoCheckout(f"The revision {name} cannot be taken out of git: {error.stderr.strip()}") from error
