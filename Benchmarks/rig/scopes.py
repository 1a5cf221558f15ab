"""What MemScope.scope costs, measured inside a program that has MemScope linked."""

import statistics
import subprocess

from .build import HERE, package_product
from .measure import RunError, environment_for, parse

FIGURES = ["allocation", "free"]
PLACES = ["thread", "task"]


def program():
    return package_product(HERE, "scopes", "scopes")


def once(path, setup):
    """The figures of one run, and what a scope adds to an allocation and a free."""
    done = subprocess.run([path], env=environment_for(setup), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    figures = parse(done.stdout)
    if done.returncode != 0 or len(figures) != 12:
        raise RunError(f"scopes ended with {done.returncode}: {done.stdout}{done.stderr}")
    for place in PLACES:
        for figure in FIGURES:
            outside, inside = figures[f"{place}_outside_{figure}_ns"], figures[f"{place}_inside_{figure}_ns"]
            figures[f"{place}_adds_{figure}_ns"] = inside - outside
    return figures


def measure(under, rounds):
    """Medians of all figures, by setup."""
    path = program()
    runs = {setup.name: [] for setup in under}
    for _ in range(rounds):
        for setup in under:
            runs[setup.name].append(once(path, setup))
    return {name: {figure: statistics.median(run[figure] for run in all_runs) for figure in all_runs[0]}
            for name, all_runs in runs.items()}
