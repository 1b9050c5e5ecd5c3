"""Parts of the benchmark's load, which is written in C, as small programs that are fed from standard input."""

import shutil
import subprocess
from pathlib import Path

from tests.benchmark.load import FLAGS, SOURCES
from tests.conftest import missing

_SANITIZED = ("-fsanitize=undefined,bounds", "-fno-sanitize-recover")


def built(folder: Path, driver: str, *parts: str) -> Path:
    """A program of this source, with these files of the load; it ends with an error when it does what C leaves undefined."""
    if not shutil.which("cc"):
        missing("cc")
    source, program = folder / "driver.c", folder / "driver"
    source.write_text(driver)
    files = [source, *(SOURCES / part for part in parts)]
    subprocess.run(["cc", *FLAGS, *_SANITIZED, f"-I{SOURCES}", "-o", program, *files], check=True)
    return program
