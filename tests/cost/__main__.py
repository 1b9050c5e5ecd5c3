"""The command: what a message costs now. ``python -m tests.cost``. Knows the table of ratios and nothing else."""

import sys

from tests.cost.ratios import AIR, CEILINGS, MICROSECOND, Cost, all_measured


def row(name: str, cost: Cost) -> str:
    """One path's line of the table."""
    ceiling = CEILINGS[name]
    proposed = f"{cost.ratio * AIR:.2f}"
    cells = f"{cost.ratio:7.2f}  {ceiling.ratio:7.2f}  {proposed:>8}  {cost.path / MICROSECOND:8.2f}"
    return f"{name:12}{cells}  us a {ceiling.unit}\n"


def main() -> int:
    """Print the present ratio of each path, its ceiling, what the ceiling would be if it was set now, and the CPU time."""
    sys.stdout.write(f"{'':14}ratio  ceiling  set anew       CPU\n")
    for name, cost in all_measured():
        sys.stdout.write(row(name, cost))
    return 0


if __name__ == "__main__":
    sys.exit(main())
