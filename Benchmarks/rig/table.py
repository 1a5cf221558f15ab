"""Turns figures into rows that fit a terminal and a Markdown page alike."""

FIGURES = ["wall_ns", "bytes_per_block"]


def use_processor_time():
    """From now on read what the processor spent instead of what the wall clock says."""
    FIGURES[0] = "cpu_ns"


def figure(figures, workload, setup):
    """The one figure a workload is judged by; raises KeyError when it was not measured."""
    measured = figures[workload][setup]
    return next(measured[name] for name in FIGURES if name in measured)


def rows_for(workload, setups, figures, spreads):
    """[setup title, figure, spread, added, ratio] for each setup, in table order."""
    rows = []
    for setup in setups:
        if not workload.runs_under(setup):
            continue
        if setup.missing:
            rows.append([setup.title, setup.missing, "", "", ""])
            continue
        value = figure(figures, workload.name, setup.name)
        share = figure(spreads, workload.name, setup.name)
        cells = [setup.title, f"{value:,.1f}", "" if share is None else f"{share * 100:.0f} %"]
        if setup.name == setup.against or setup.against not in figures[workload.name]:
            rows.append([*cells, "", ""])
        else:
            base = figure(figures, workload.name, setup.against)
            rows.append([*cells, f"{value - base:+,.1f}", f"{value / base:.2f}x"])
    return rows


def markdown(header, rows):
    """A Markdown table with padded columns, so that it reads well unrendered."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(row):
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2)] + ["-" * (width + 1) + ":" for width in widths[1:]]) + "|"
    return "\n".join([line(header), rule, *map(line, rows)])
