"""Holds the measured figures against `thresholds.json`."""

import json
import os

from .build import HERE
from .table import figure


def load():
    with open(os.path.join(HERE, "thresholds.json"), encoding="utf-8") as file:
        return json.load(file)


def added(figures, workload, setup):
    return figure(figures, workload, setup) - figure(figures, workload, "none")


def value(line, figures):
    """The figure a budget line speaks of, or None when it was not measured."""
    workload, setup, base = line["workload"], line["setup"], line.get("base")
    try:
        match line["measure"]:
            case "added":
                return added(figures, workload, setup)
            case "ratio":
                return figure(figures, workload, setup) / figure(figures, workload, "none")
            case "against":
                return figure(figures, workload, setup) / figure(figures, workload, base)
            case "share":
                return added(figures, workload, setup) / added(figures, workload, line["rival"])
            case "across":
                return figure(figures, workload, setup) / figure(figures, base, setup)
            case "difference":
                return added(figures, workload, setup) - added(figures, base, setup)
            case "figure":
                return figures[workload][setup][line["figure"]]
            case other:
                raise SystemExit(f"thresholds.json: unknown measure '{other}' in '{line['title']}'")
    except KeyError:
        return None


def verdict(line, measured):
    if measured is None:
        return "not measured"
    if measured > line["must"]:
        return "MISS"
    return "within aim" if measured <= line.get("aim", float("-inf")) else "pass"


def rows(figures, complete):
    """[title, measured, must, aim, verdict] for each budget line, or only those measured."""
    table = []
    for line in load():
        measured = value(line, figures)
        if measured is None and not complete:
            continue
        table.append([line["title"], "" if measured is None else f"{measured:,.3g}",
                      f"{line['must']:g}", f"{line['aim']:g}" if "aim" in line else "", verdict(line, measured)])
    return table
