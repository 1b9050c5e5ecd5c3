"""Every target there is, by its name. Knows the modules that have some; must not know what becomes of them."""

from collections.abc import Mapping
from typing import Final

from tests.fuzz import (
    client_files,
    client_side,
    connections,
    screens,
    server_bytes,
    server_options,
    server_rules,
    server_store,
)
from tests.fuzz.target import Target

_MODULES: Final = (
    server_bytes,
    server_rules,
    server_options,
    server_store,
    connections,
    client_side,
    client_files,
    screens,
)

TARGETS: Final[Mapping[str, Target]] = {target.name: target for module in _MODULES for target in module.TARGETS}
