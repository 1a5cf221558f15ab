"""Holds the measured figures against `thresholds.json`."""

import json
import os
from operator import sub, truediv

from .build import HERE
from .table import compared, rounds_of


def load():
    with open(os.path.join(HERE, "thresholds.json"), encoding="utf-8") as file:
        return json.load(file)


def value(line, values, apart):
    """The figure a budget line speaks of, or None when it was not measured."""
    workload, setup, base = line["workload"], line["setup"], line.get("base")

    def of(how, *runs):
        return compared(how, *(rounds_of(values, *run) for run in runs))

    run, untracked = (workload, setup), (workload, "none")
    try:
        match line["measure"]:
            case "added":
                return of(sub, run, untracked)
            case "ratio":
                return of(truediv, run, untracked)
            case "against":
                return of(truediv, run, (workload, base))
            case "share":
                rival = (workload, line["rival"])
                return of(lambda own, other, bare: (own - bare) / (other - bare), run, rival, untracked)
            case "across":
                return of(truediv, run, (base, setup))
            case "difference":
                return of(lambda own, bare, other, other_bare: own - bare - (other - other_bare),
                          run, untracked, (base, setup), (base, "none"))
            case "figure":
                return apart[workload][setup][line["figure"]]
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


def rows(values, apart, complete):
    """[title, measured, must, aim, verdict] for each budget line, or only those measured."""
    table = []
    for line in load():
        measured = value(line, values, apart)
        if measured is None and not complete:
            continue
        table.append([line["title"], "" if measured is None else f"{measured:,.3g}",
                      f"{line['must']:g}", f"{line['aim']:g}" if "aim" in line else "", verdict(line, measured)])
    return table
