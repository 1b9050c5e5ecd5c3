"""A target that is broken on purpose: what proves that the search finds something. Knows no parser; no table lists it."""

from tests.fuzz.target import Target


def broken(data: bytes) -> None:
    """Breaks its promise for one beginning in four thousand million, which is found step by step or not at all."""
    if data[:1] == b"\x93" and data[1:2] == b"\x07" and data[2:3] == b"\xc4" and data[3:4] == b"\x5e":
        raise AssertionError("found")


TARGETS = {"broken": Target("broken", broken)}
