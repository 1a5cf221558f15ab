"""Runs workloads in interleaved rounds: A B C, A B C, so that drift hits all alike."""

import os
import statistics
import subprocess


class RunError(Exception):
    """A workload ended badly; the message says which, under what, and what it printed."""


def environment_for(setup):
    """A small, equal environment for every setup."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    if setup.library:
        kept["LD_PRELOAD"] = setup.library
    return kept | setup.environment


def parse(output):
    """`name number` lines as a dictionary; anything else a profiler printed is skipped."""
    figures = {}
    for line in output.splitlines():
        words = line.split()
        if len(words) == 2 and "_" in words[0]:
            figures[words[0]] = float(words[1])
    return figures


def run_once(workload, program, setup, seconds):
    """One run of one workload under one setup: the figures it printed."""
    arguments = [argument.format(seconds=seconds) for argument in workload.arguments]
    command = [*setup.wrapper, program, *arguments]
    done = subprocess.run(command, env=environment_for(setup), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=180)
    figures = parse(done.stdout)
    if done.returncode != 0 or not figures:
        raise RunError(f"{workload.name} under {setup.name} ended with status {done.returncode}\n"
                       f"{done.stdout}{done.stderr}")
    return figures


def wanted(workload, setups):
    return [setup for setup in setups
            if not setup.missing and (workload.setups is None or setup.name in workload.setups)]


def rounds(workload, program, setups, count, seconds):
    """Runs `count` rounds and returns {setup name: {figure: [values]}}."""
    results = {setup.name: {} for setup in wanted(workload, setups)}
    for _ in range(count):
        for setup in wanted(workload, setups):
            for figure, value in run_once(workload, program, setup, seconds).items():
                results[setup.name].setdefault(figure, []).append(value)
    return results


def medians(results):
    """The median of every figure."""
    return {name: {figure: statistics.median(values) for figure, values in figures.items()}
            for name, figures in results.items()}
