"""Runs workloads in interleaved rounds, so that what the machine does hits all alike."""

import os
import subprocess

from . import build


class RunError(Exception):
    """A workload ended badly; the message says which, under what, and what it printed."""


def environment_for(setup, preloads=True):
    """A small, equal environment for every setup."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    if setup.library and preloads:
        kept["LD_PRELOAD"] = setup.library
    return kept | setup.environment


def parse(output):
    """`name number` lines as a dictionary; what a profiler printed between them is skipped."""
    figures = {}
    for line in output.splitlines():
        words = line.split()
        if len(words) == 2 and "_" in words[0]:
            figures[words[0]] = float(words[1])
    return figures


def run_once(workload, program, setup, seconds):
    """One run of one workload under one setup: the figures it printed."""
    arguments = [argument.format(seconds=seconds) for argument in workload.arguments]
    environment = environment_for(setup, preloads=workload.unlinked is None)
    if workload.unlinked and setup.name == "none":
        program = os.path.join(os.path.dirname(program), workload.unlinked)
    if setup.sanitized:
        program += build.SANITIZED
    done = subprocess.run([*setup.wrapper, program, *arguments], env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=180)
    figures = parse(done.stdout)
    if done.returncode != 0 or not figures:
        raise RunError(f"{workload.name} under {setup.name} ended with status {done.returncode}\n"
                       f"{done.stdout}{done.stderr}")
    return figures


def run_rounds(programs, setups, rounds, seconds, progress):
    """Runs every workload under every setup, round by round.

    `programs` is a list of (workload, path). Returns {workload: {setup: {figure: [values]}}},
    all by name.
    """
    values = {}
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        for workload, program in programs:
            for setup in setups:
                if setup.missing or setup.name in workload.impossible or not workload.runs_under(setup):
                    continue
                if number >= workload.rounds_under(setup, rounds):
                    continue
                for figure, value in run_once(workload, program, setup, seconds).items():
                    values.setdefault(workload.name, {}).setdefault(setup.name, {}).setdefault(figure, []).append(value)
    return values
