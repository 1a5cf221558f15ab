"""What MemScope.track and @Tracked cost."""

from . import linked

FIGURES = {"track_ns": "track an object", "tracked_life_ns": "make and free a tracked one", "life_ns": "an object",
           "tracked_write_ns": "write to a tracked array", "write_ns": "an array",
           "tracked_copy_ns": "copy a tracked array on write", "copy_ns": "an array"}


def measure(under, rounds):
    return linked.measure("variables", len(FIGURES), under, rounds)
