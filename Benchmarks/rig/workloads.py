"""The workloads: which program, with which arguments, in which compilation."""

from dataclasses import dataclass, field

FRAME_POINTERS = ["-fno-omit-frame-pointer"]
NO_FRAME_POINTERS = ["-fomit-frame-pointer"]
SECONDS = "{seconds}"


@dataclass(frozen=True)
class Workload:
    """One table.

    `build` says how the program is made, `unlinked` names the product that stands for
    "untracked" when the program itself has MemScope in it, `setups` is None for all.
    """

    name: str
    title: str
    program: str
    arguments: list
    build: str = "c"
    flags: list = field(default_factory=lambda: FRAME_POINTERS)
    unit: str = "ns per pair"
    setups: list | None = None
    unlinked: str | None = None
    rounds: int | None = None  # at most so many: bytes hardly differ
    impossible: dict = field(default_factory=dict)  # the setups that cannot do it, and why

    def rounds_under(self, setup, rounds):
        return min(limit for limit in (rounds, self.rounds, setup.rounds) if limit)

    def runs_under(self, setup):
        # SwiftPM would need a second build of everything for a sanitizer.
        if setup.sanitized and self.build == "package":
            return False
        return self.setups is None or setup.name in self.setups


MEMSCOPE_SETUPS = ["none", "full", "balanced", "sampled", "off", "checks-off", "checks-full", "checks-pages"]
LIVE_SETUPS = [*MEMSCOPE_SETUPS, "asan", "memcheck", "heaptrack-recorder"]
PIECES = "ns per piece of work"
# heaptrack 1.4: its interpreter, given 4,096 stacks times 32 sizes, allocates until std::bad_alloc.
TOO_MANY = {"heaptrack": "needs more than 16 GiB"}

WORKLOADS = [
    Workload("pairs20", "pairs under 20 frames", "pairs", ["20", "1", SECONDS]),
    Workload("pairs20-nofp", "pairs under 20 frames, compiled without frame pointers",
             "pairs", ["20", "1", SECONDS], flags=NO_FRAME_POINTERS),
    Workload("pairs20-2t", "pairs under 20 frames, two threads on two cores", "pairs", ["20", "2", SECONDS]),
    Workload("branches20", "pairs under 20 frames, 64 stacks at random", "branches", [SECONDS]),
    Workload("paths16", "4,096 live blocks under 4,096 stacks of 16 frames at random",
             "paths", ["16", "1", SECONDS], impossible=TOO_MANY),
    Workload("paths16-nofp", "the same, compiled without frame pointers", "paths", ["16", "1", SECONDS],
             flags=NO_FRAME_POINTERS, impossible=TOO_MANY),
    Workload("paths16-2t", "the same, two threads on two cores", "paths", ["16", "2", SECONDS], impossible=TOO_MANY),
    Workload("paths60", "4,096 live blocks under 4,096 stacks of 60 frames at random",
             "paths", ["60", "1", SECONDS], impossible=TOO_MANY),
    Workload("paths60-nofp", "the same, compiled without frame pointers", "paths", ["60", "1", SECONDS],
             flags=NO_FRAME_POINTERS, impossible=TOO_MANY),
    Workload("pairs60", "pairs under 60 frames", "pairs", ["60", "1", SECONDS]),
    Workload("mixed", "100,000 live blocks of mixed sizes, replaced at random", "mixed", ["100000", SECONDS]),
    Workload("swift", "Swift objects, dictionaries, strings and documents, SwiftPM",
             "mix", [SECONDS], build="package", unit=PIECES),
    Workload("swift-plain", "the same, plain swiftc -O", "mix-plain", [SECONDS], build="swiftc", unit=PIECES),
    Workload("async", "64 tasks that hop, each allocating under six awaited functions",
             "hops", [SECONDS], build="swiftc", impossible={"memcheck": "Valgrind crashes"}),
    Workload("swift-linked", "the same with MemScope linked instead of preloaded",
             "mix-linked", [SECONDS], build="package", unit=PIECES, setups=MEMSCOPE_SETUPS, unlinked="mix"),
    Workload("live16", "1,000,000 live blocks of 16 bytes", "live", ["1000000", "16"],
             unit="bytes per block", setups=LIVE_SETUPS, rounds=3),
    Workload("live100", "1,000,000 live blocks of 100 bytes", "live", ["1000000", "100"],
             unit="bytes per block", setups=LIVE_SETUPS, rounds=3),
]
