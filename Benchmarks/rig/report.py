"""Writes what was measured: tables, budgets, and the page in docs."""

from . import leaks, scopes, stacks, table, variables

PAGE = """# Performance

Written by `{command}`; do not edit. Figures are medians of {rounds} interleaved rounds (3 of bytes and
of what costs a hundred times as much), each loop {seconds} s long after 100,000 pairs (1,000 pieces of Swift work) of
warm-up, timed inside the program by CLOCK_MONOTONIC. The spread is half the distance between the quartiles of those
rounds: figures that differ by less are the same. What is added, and ratios, are medians of those of each round: a
machine that was slow for a while was so for both sides. A ratio is against the same allocator without its profiler,
that of `full` and `pages` checks against tracking alone, with checks off. MemScope's modes have the default checks,
`sampled`. AddressSanitizer runs a program compiled for it. heaptrack stands three times: as its users
start it, feeding its interpreter through a pipe; with --raw, feeding a compressor, to be interpreted later; and its
recorder alone writing to a file.

## Machine

{machine}

## Budgets

{budgets}

{tables}
"""


LEAKS_WORDS = """Seconds are those of who asks: until the answer has come, or until the process has ended. Each search
is checked for having found the leaks and nothing else. The pause is the longest time in which a thread of the
program stood still, per GiB of what the program had in memory. Memory is what the process and its copy need together
at the peak of a search, beyond what the program has."""


def budgets(rows):
    return table.markdown(["", "measured", "must", "aim", ""], rows)


def workload_table(workload, setups, values):
    rows = table.rows_for(workload, setups, values)
    header = ["", workload.unit, "spread", "added", "ratio"]
    return f"## {workload.name}: {workload.title}\n\n" + table.markdown(header, rows)


def latency_table(apart):
    """Answer times of `/api/summary`, when they were measured."""
    if "summary" not in apart:
        return None
    rows = [[name, f"{line['p50_ms']:.2f}", f"{line['p99_ms']:.2f}", f"{line['max_ms']:.2f}"]
            for name, line in apart["summary"].items()]
    title = "## summary: GET /api/summary while two threads allocate flat out\n\n"
    return title + table.markdown(["", "p50 ms", "p99 ms", "worst ms"], rows)


def leaks_table(apart):
    """What a search for leaks costs, when it was measured."""
    if "leaks" not in apart:
        return None
    columns = ["s", "pause_ms", "pause_ms_per_gib", "mib"]
    rows = []
    for search in leaks.SEARCHES:
        measured = apart["leaks"][search.name]
        rows.append([search.title, *(f"{measured[name]:,.{digits}f}" if name in measured else ""
                                     for name, digits in zip(columns, [2, 1, 1, 0]))])
    title = "## leaks: 1,000,000 objects, a tenth of them lost and a tenth lost as retain cycles\n\n"
    return title + table.markdown(["", "s", "pause ms", "ms per GiB", "memory MiB"], rows) + "\n\n" + LEAKS_WORDS


def stacks_table(apart):
    """What very many stacks need, when it was measured."""
    if "stacks" not in apart:
        return None
    rows = [[name, f"{line['sites']:,}", f"{line['dropped']:,}", f"{line['mib']:,.0f}"]
            for name, line in apart["stacks"].items()]
    return f"## stacks: {stacks.PROGRAM.title}\n\n" + table.markdown(["", "known", "dropped", "own memory MiB"], rows)


def scopes_table(apart):
    """What a scope costs, when it was measured."""
    if "scopes" not in apart:
        return None
    columns = ["call", "attributed_call", "outside_allocation", "inside_allocation", "outside_free", "inside_free"]
    rows = [[f"MemScope {name}, {place}", *(f"{line[f'{place}_{column}_ns']:,.1f}" for column in columns)]
            for name, line in apart["scopes"].items() for place in scopes.PLACES]
    header = ["ns", "enter and leave", "with an attribute", "allocation outside", "inside", "free outside", "inside"]
    return "## scopes: MemScope.scope, and blocks of 64 bytes in one\n\n" + table.markdown(header, rows)


def variables_table(apart):
    """What tracked variables cost, when it was measured."""
    if "variables" not in apart:
        return None
    rows = [[f"MemScope {name}", *(f"{line[figure]:,.1f}" for figure in variables.FIGURES)]
            for name, line in apart["variables"].items()]
    return "## variables: MemScope.track and @Tracked\n\n" + table.markdown(["ns", *variables.FIGURES.values()], rows)


def tables(workloads, setups, values, apart):
    parts = [workload_table(workload, setups, values) for workload in workloads]
    parts += [latency_table(apart), leaks_table(apart), stacks_table(apart), scopes_table(apart),
              variables_table(apart)]
    return "\n\n".join(filter(None, parts))


def write_page(path, **parts):
    with open(path, "w", encoding="utf-8") as file:
        file.write(PAGE.format(**parts))
