"""What is made of the benchmark's figures: medians, ratios, targets, tables."""

import os
import shutil
import subprocess
import time
from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmark import disk
from tests.benchmark.disk import wait_for_disk
from tests.benchmark.figures import Figures, Runs, middle
from tests.benchmark.load import FLAGS, SOURCES
from tests.benchmark.machine import conditions, file_system
from tests.benchmark.report import TABLES, report, rewritten
from tests.benchmark.servers import CONTENDERS
from tests.benchmark.targets import TARGETS, Target, ratio, verdicts
from tests.benchmark.workloads import WORKLOADS
from tests.conftest import missing

TITLES = {contender.key: contender.title for contender in CONTENDERS}


def figures(rate: float = 1000, load_busy: float = 0.5, p50: float = 1.0, others_busy: float = 0.01) -> Figures:
    """A run of one second."""
    return Figures(1, rate, rate / 99, 0.5, load_busy, others_busy, 50e6, 60e6, checked=rate, p50=p50, p99=2 * p50)


def coming(per_second: float, before: float, resident: float) -> Figures:
    """A run of one second in which people came."""
    return Figures(1, 0, 0, 0.5, 0.5, 0.01, resident, resident, connects=per_second, before=before)


def test_figures_that_follow_from_others() -> None:
    """Rate, cost, and what a second of CPU does."""
    run = Figures(2.0, 4000, 40, 0.5, 0.95, 0.01, 1, 1)
    assert (run.rate, run.cost, run.per_cpu_second, run.server_busy) == (2000, 125, 8000, 0.25)
    assert run.load_is_full
    assert coming(1000, before=10e6, resident=12e6).bytes_per_idle == 2000


def test_medians_are_of_each_figure() -> None:
    """Not one run's."""
    assert middle([figures(1, p50=9), figures(2, p50=1), figures(9, p50=5)]).rate == 2
    assert middle([figures(1, p50=9), figures(2, p50=1), figures(9, p50=5)]).p50 == 5


def test_ratios_compare_within_each_repetition() -> None:
    """A repetition in a slow moment of the machine changes both figures, and not what is said about them."""
    assert ratio("rate", [figures(40), figures(8), figures(1)], [figures(10), figures(2), figures(1)]) == 4


def test_a_target_is_reached_or_not() -> None:
    """At least, at most, and against a number."""
    runs: Runs = {
        ("a", "sqlite"): [figures(150, p50=3)],
        ("a", "ngircd"): [figures(100, p50=1)],
        ("conn", "sqlite"): [coming(9000, 0, 9000 * 1000)],
    }
    targets = (
        Target("rate", ("a", "sqlite"), ("a", "ngircd"), 1.5, at_least=True),
        Target("p50", ("a", "sqlite"), ("a", "ngircd"), 2.0, at_least=False),
        Target("rate", ("conn", "sqlite"), None, 10_000, at_least=True),
        Target("bytes_per_idle", ("conn", "sqlite"), None, 3072, at_least=False),
        Target("rate", ("b", "sqlite"), ("b", "ngircd"), 1.5, at_least=True),
    )
    found = verdicts(runs, targets)
    assert [(one.value, one.reached) for one in found] == [(1.5, True), (3.0, False), (9000, False), (1000, True)]


def test_every_target_is_about_a_workload_and_a_server_that_there_are() -> None:
    """A slip in a key would leave it out of the table for ever."""
    abilities = {(workload.key, one.key) for workload in WORKLOADS for one in CONTENDERS if one.can(workload)}
    assert all({target.of, target.to or target.of} <= abilities for target in TARGETS)


def test_the_tables_tell_all_of_it() -> None:
    """Figures, those who come apart from those who talk, ratios, targets."""
    runs: Runs = {
        ("a", "sqlite"): [figures(3_000_000, load_busy=0.95)] * 3,
        ("a", "inspircd"): [figures(1_000_000)] * 3,
        ("conn", "sqlite"): [coming(12_000, 50e6, 74e6)] * 3,
    }
    lines = report(runs, TITLES).splitlines()
    rows = [line.split() for line in lines]
    assert ["a", "chatd,", "SQLite", "3,000,000+", "0.167", "1.00", "2.00", "50%", "95%", "1%", "50"] in rows
    assert ["a", "InspIRCd", "1,000,000", "0.500", "1.00", "2.00", "50%", "50%", "1%", "50"] in rows
    assert ["conn", "chatd,", "SQLite", "12,000", "41.7", "2,000", "50%", "50%", "1%", "74"] in rows
    assert any("chatd, SQLite to InspIRCd" in line and " 3.00 " in line for line in lines)
    target = " ".join(next(line for line in lines if line.startswith("a: chatd, SQLite to InspIRCd")).split())
    assert target.endswith("per second 3.00 at least 1.0 reached (the load was full for chatd, SQLite)")
    assert any(line.startswith("+ The load was at work for more than 90%") for line in lines)
    assert lines[-1].startswith("12,000,000 deliveries: each message reached everyone else exactly once")


def test_who_waits_for_the_disk_has_a_column_for_what_that_alone_takes() -> None:
    """Of others nothing is said there."""
    runs: Runs = {
        ("d", "sqlite"): [replace(figures(), disk=disk) for disk in (0.2, 0.654, 0.9)],
        ("d", "memory"): [figures()] * 3,
    }
    rows = [line.split() for line in report(runs, TITLES).splitlines()]
    assert ["d", "chatd,", "SQLite", "1,000", "500.000", "1.00", "2.00", "0.65", "50%", "50%", "1%", "50"] in rows
    assert ["d", "chatd,", "memory", "1,000", "500.000", "1.00", "2.00", "50%", "50%", "1%", "50"] in rows


def test_each_write_is_waited_for_at_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is on the disk; and none is put off for long."""
    slept: list[float] = []
    synced: list[int] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(os, "fdatasync", synced.append)
    wait_for_disk(tmp_path, 7.0, None)
    assert len(slept) == len(synced) == disk.WRITES
    assert 0 < max(slept) <= disk.LONGEST


def test_the_disk_is_asked_from_the_server_s_cpu_and_nothing_stays(tmp_path: Path) -> None:
    """Neither a file, nor the CPU."""
    usual = os.sched_getaffinity(0)
    assert wait_for_disk(tmp_path, 0.0, min(usual)) > 0
    assert os.sched_getaffinity(0) == usual
    assert list(tmp_path.iterdir()) == []


def test_chatd_is_compared_with_itself_elsewhere() -> None:
    """With the same store: that is what another checkout is measured for."""
    runs: Runs = {("a", "sqlite"): [figures(3)], ("a", "old-sqlite"): [figures(2)], ("a", "old-memory"): [figures(1)]}
    told = report(runs, {**TITLES, "old-sqlite": "old, SQLite", "old-memory": "old, memory"}).splitlines()
    assert [line.split()[:7] for line in told if " to " in line] == [
        ["a", "chatd,", "SQLite", "to", "old,", "SQLite", "1.50"]
    ]


def test_a_machine_that_had_something_else_to_do_is_marked() -> None:
    """Who measures beside a compiler measures the compiler."""
    told = report({("a", "sqlite"): [figures(1000, others_busy=0.2)]}, TITLES)
    assert " 1,000? " in told
    assert "? Something else had more than 10% of the CPUs" in told


def test_workloads_that_were_made_smaller_have_no_targets() -> None:
    """They are about the sizes they name."""
    runs: Runs = {("a", "sqlite"): [figures(3)], ("a", "inspircd"): [figures(2)]}
    assert "at least" in report(runs, TITLES)
    assert "at least" not in report(runs, TITLES, with_targets=False)


def test_the_figures_in_the_document_are_replaced() -> None:
    """And nothing else of it."""
    begin, end = TABLES.begin, TABLES.end
    old = f"before\n\n{begin}\n\n::\n\n   old\n\n{end}\n\nafter\n"
    assert rewritten(old, "one\n\n  two\n") == f"before\n\n{begin}\n\n::\n\n   one\n\n     two\n\n{end}\n\nafter\n"


@pytest.mark.parametrize("document", ["", f"{TABLES.begin}\n", f"{TABLES.end}\n{TABLES.begin}\n"])
def test_a_document_without_a_place_for_the_figures_is_refused(document: str) -> None:
    """Rather than to be overwritten."""
    with pytest.raises(ValueError, match="needs these two lines"):
        rewritten(document, "text")


def test_a_file_system_in_memory_is_named(tmp_path: Path) -> None:
    """There committing costs next to nothing; the longest path of a mount counts."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/x / ext4 rw 0 0\ntmpfs {tmp_path} tmpfs rw 0 0\nx {tmp_path}/other xfs rw 0 0\n", "utf-8")
    assert file_system(tmp_path / "below", mounts) == "tmpfs"
    assert file_system(Path("/elsewhere"), mounts) == "ext4"
    assert "medians of 3." in conditions(tmp_path, 4.0, 3)


DRIVER = r"""
#include <inttypes.h>
#include <stdio.h>
#include "histogram.h"
/* Values on standard input; their percentiles 50, 99 and 99.9. */
int main(void) {
    static struct histogram histogram;
    for (uint64_t value; scanf("%" SCNu64, &value) == 1;)
        histogram_add(&histogram, value);
    printf("%f %f %f", histogram_percentile(&histogram, 0.5), histogram_percentile(&histogram, 0.99),
           histogram_percentile(&histogram, 0.999));
    return 0;
}
"""


@pytest.fixture(scope="module")
def histogram(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The load's histogram alone."""
    folder = tmp_path_factory.mktemp("histogram")
    if not shutil.which("cc"):
        missing("cc")
    (folder / "driver.c").write_text(DRIVER)
    program = folder / "histogram"
    sources = [folder / "driver.c", SOURCES / "histogram.c"]
    subprocess.run(["cc", *FLAGS, f"-I{SOURCES}", "-o", program, *sources], check=True)
    return program


@given(values=st.lists(st.integers(0, 10**12) | st.integers(0, 1000) | st.integers(0, 2**63), max_size=50))
def test_percentiles_are_those_of_the_values_within_one_per_cent(histogram: Path, values: list[int]) -> None:
    """Nearest rank, from nanoseconds to centuries; nothing of nothing."""
    answer = subprocess.run([histogram], input=" ".join(map(str, values)), text=True, capture_output=True, check=True)
    for share, told in zip((0.5, 0.99, 0.999), map(float, answer.stdout.split()), strict=True):
        exact = sorted(values)[max(ceil(share * len(values)) - 1, 0)] if values else 0
        assert told == pytest.approx(exact, rel=0.01)
