"""Turns figures into rows that fit a terminal and a Markdown page alike."""

TIME_FIGURES = {"wall": "wall_ns_per_pair", "cpu": "cpu_ns_per_pair"}


def rows_for(workload, setups, results, clock):
    """[setup title, figure, added, ratio] for each setup that ran, in table order."""
    figure = TIME_FIGURES[clock] if workload.unit == "ns per pair" else "bytes_per_block"
    rows = []
    for setup in setups:
        if setup.missing and (workload.setups is None or setup.name in workload.setups):
            rows.append([setup.title, setup.missing, "", ""])
        if setup.name not in results:
            continue
        value = results[setup.name][figure]
        base = results.get(setup.against, {}).get(figure)
        if base is None or setup.name == setup.against:
            rows.append([setup.title, f"{value:,.1f}", "", ""])
        else:
            rows.append([setup.title, f"{value:,.1f}", f"{value - base:+,.1f}", f"{value / base:.2f}x"])
    return rows


def markdown(header, rows):
    """A Markdown table with padded columns, so that it reads well unrendered."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    def line(row):
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        return "| " + " | ".join(cells) + " |"
    rule = "|" + "|".join(["-" * (widths[0] + 2)] + ["-" * (width + 1) + ":" for width in widths[1:]]) + "|"
    return "\n".join([line(header), rule, *map(line, rows)])
