"""What MemScope.scope costs."""

from . import linked

FIGURES = ["allocation", "free"]
PLACES = ["thread", "task"]


def with_differences(figures):
    """The figures of one run, and what a scope adds to an allocation and a free."""
    for place in PLACES:
        for figure in FIGURES:
            outside, inside = figures[f"{place}_outside_{figure}_ns"], figures[f"{place}_inside_{figure}_ns"]
            figures[f"{place}_adds_{figure}_ns"] = inside - outside
    return figures


def measure(under, rounds):
    return linked.measure("scopes", 12, under, rounds, with_differences)
