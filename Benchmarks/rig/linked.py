"""Figures that a program with MemScope linked measures inside itself: it prints lines of a name and nanoseconds."""

import statistics
import subprocess

from .build import HERE, package_product
from .measure import RunError, environment_for, parse


def once(path, count, setup):
    done = subprocess.run([path], env=environment_for(setup), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    figures = parse(done.stdout)
    if done.returncode != 0 or len(figures) != count:
        raise RunError(f"{path} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return figures


def measure(product, count, under, rounds, derive=lambda figures: figures):
    """Medians by setup of the `count` figures that the product prints, and of what `derive` adds to those of a run."""
    path = package_product(HERE, product, product)
    runs = {setup.name: [] for setup in under}
    for _ in range(rounds):
        for setup in under:
            runs[setup.name].append(derive(once(path, count, setup)))
    return {name: {figure: statistics.median(run[figure] for run in all_runs) for figure in all_runs[0]}
            for name, all_runs in runs.items()}
