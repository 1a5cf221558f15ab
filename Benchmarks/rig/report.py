"""Writes what was measured: tables, budgets, and the page in docs."""

from . import table

PAGE = """# Performance

Written by `{command}`; do not edit. Figures are medians of {rounds} interleaved rounds, each loop {seconds} s long
after 100,000 pairs (1,000 pieces of Swift work) of warm-up, timed inside the program by CLOCK_MONOTONIC. A ratio is
against the same allocator without its profiler, that of `full` and `pages` checks against tracking alone, with checks
off. MemScope's modes have the default checks, `sampled`. AddressSanitizer runs a program compiled for it. heaptrack
stands twice: as its users start it, feeding its interpreter through a pipe, and its recorder alone writing to a file.

## Machine

{machine}

## Budgets

{budgets}

{tables}
"""


def budgets(rows):
    return table.markdown(["", "measured", "must", "aim", ""], rows)


def workload_table(workload, setups, figures):
    rows = table.rows_for(workload, setups, figures)
    return f"## {workload.name}: {workload.title}\n\n" + table.markdown(["", workload.unit, "added", "ratio"], rows)


def latency_table(figures):
    """Answer times of `/api/summary`, when they were measured."""
    if "summary" not in figures:
        return None
    rows = [[name, f"{line['p50_ms']:.2f}", f"{line['p99_ms']:.2f}", f"{line['max_ms']:.2f}"]
            for name, line in figures["summary"].items()]
    title = "## summary: GET /api/summary while two threads allocate flat out\n\n"
    return title + table.markdown(["", "p50 ms", "p99 ms", "worst ms"], rows)


def tables(workloads, setups, figures):
    parts = [workload_table(workload, setups, figures) for workload in workloads]
    return "\n\n".join(filter(None, [*parts, latency_table(figures)]))


def write_page(path, **parts):
    with open(path, "w", encoding="utf-8") as file:
        file.write(PAGE.format(**parts))
