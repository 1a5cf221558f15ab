"""The workloads: which program, with which arguments, in which compilation."""

from dataclasses import dataclass, field

FRAME_POINTERS = ["-fno-omit-frame-pointer"]
NO_FRAME_POINTERS = ["-fomit-frame-pointer"]


@dataclass(frozen=True)
class Workload:
    """One row group of the table. `{seconds}` in an argument is the length of the loop."""

    name: str
    title: str
    source: str
    arguments: list
    flags: list = field(default_factory=lambda: FRAME_POINTERS)
    unit: str = "ns per pair"
    setups: list | None = None

    @property
    def program(self):
        """The executable's name: one per source and set of flags."""
        stem = self.source.rsplit(".", 1)[0]
        return stem if self.flags == FRAME_POINTERS else stem + "-nofp"


TIMED = [
    Workload("pairs20", "pairs under 20 frames", "pairs.c", ["20", "1", "{seconds}"]),
    Workload("pairs20-nofp", "the same without frame pointers", "pairs.c", ["20", "1", "{seconds}"], NO_FRAME_POINTERS),
    Workload("pairs20-2t", "the same, two threads on two cores", "pairs.c", ["20", "2", "{seconds}"]),
    Workload("pairs60", "pairs under 60 frames", "pairs.c", ["60", "1", "{seconds}"]),
    Workload("mixed", "100,000 live blocks, mixed sizes, replaced at random", "mixed.c", ["100000", "{seconds}"]),
]

MEMORY_SETUPS = ["none", "full", "balanced", "sampled", "off", "heaptrack-raw"]
MEMORY = [
    Workload("live16", "1,000,000 live blocks of 16 bytes", "live.c", ["1000000", "16"],
             unit="bytes per block", setups=MEMORY_SETUPS),
    Workload("live100", "1,000,000 live blocks of 100 bytes", "live.c", ["1000000", "100"],
             unit="bytes per block", setups=MEMORY_SETUPS),
]

WORKLOADS = TIMED + MEMORY
