"""Turns figures into rows that fit a terminal and a Markdown page alike."""

import statistics
from operator import sub, truediv

FIGURES = ["wall_ns", "bytes_per_block"]


def use_processor_time():
    """From now on read what the processor spent instead of what the wall clock says."""
    FIGURES[0] = "cpu_ns"


def rounds_of(values, workload, setup):
    """The one figure a workload is judged by, round by round; raises KeyError when it was not measured."""
    measured = values[workload][setup]
    return next(measured[name] for name in FIGURES if name in measured)


def compared(how, *rounds):
    """The median of what `how` makes of each round. A round runs its setups one right after another: what made all of
    them slow falls out. Rounds that one of them did not run do not count."""
    return statistics.median(map(how, *rounds))


def spread(figures):
    """Half the distance between the quartiles, as a share of the median; None when too few to tell."""
    if len(figures) < 3:
        return None
    low, middle, high = statistics.quantiles(figures, n=4, method="inclusive")
    return (high - low) / 2 / middle if middle else None


def rows_for(workload, setups, values):
    """[setup title, figure, spread, added, ratio] for each setup, in table order."""
    rows = []
    for setup in setups:
        missing = workload.impossible.get(setup.name) or setup.missing
        if workload.runs_under(setup) and missing:
            rows.append([setup.title, missing, "", "", ""])
        if not workload.runs_under(setup) or missing:
            continue
        figures = rounds_of(values, workload.name, setup.name)
        share = spread(figures)
        cells = [setup.title, f"{statistics.median(figures):,.1f}", "" if share is None else f"{share * 100:.0f} %"]
        if setup.name == setup.against or setup.against not in values[workload.name]:
            rows.append([*cells, "", ""])
        else:
            base = rounds_of(values, workload.name, setup.against)
            rows.append([*cells, f"{compared(sub, figures, base):+,.1f}", f"{compared(truediv, figures, base):.2f}x"])
    return rows


def markdown(header, rows):
    """A Markdown table with padded columns, so that it reads well unrendered."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(row):
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2)] + ["-" * (width + 1) + ":" for width in widths[1:]]) + "|"
    return "\n".join([line(header), rule, *map(line, rows)])
