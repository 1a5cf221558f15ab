"""Answers of the heap's resources for states that the demo never reaches, in the form of docs/wire-format.md."""

FRAME = {"function": "Shop.open() -> ()", "file": "/src/Shop.swift", "line": 12, "image": "demo", "address": "0x1000",
         "inlined": False}
SCAN = {"takenAt": 2, "method": "fork+registers", "pauseNanoseconds": 2_100_000, "durationNanoseconds": 180_000_000,
        "blocks": 123_456, "bytes": 9_876_543, "threads": 9, "threadsRead": 8, "threadsLeft": 1, "unknownHeap": True,
        "refusedReferences": 0, "passes": 2}
SUMMARY = {"unreachableBlocks": 42, "unreachableBytes": 4096, "cycles": 3, "suspects": 2,
           "kernelSuspects": 0, "stackHeldBlocks": 3, "stackHeldBytes": 96, "stackSuspects": 1,
           "stackSuspectBytes": 32, "kernelHeldBlocks": 0, "kernelHeldBytes": 0,
           "suppressedBlocks": 0, "suppressedBytes": 0}
NO_SUMMARY = {"unreachableBlocks": 0, "unreachableBytes": 0, "cycles": 0, "suspects": 0,
              "kernelSuspects": 0, "stackHeldBlocks": 0, "stackHeldBytes": 0, "stackSuspects": 0,
              "stackSuspectBytes": 0, "kernelHeldBlocks": 0, "kernelHeldBytes": 0,
              "suppressedBlocks": 0, "suppressedBytes": 0}
REASON = "the live blocks are not all known in sampled mode"
ENABLE = 'POST /api/mode {"mode":"full"} and restart the program'


def envelope(data):
    return {"schemaVersion": 1, "generatedAt": 3_000_000_000, "mode": "full", "quality": "measured", "dropped": 0,
            "process": {"pid": 1, "name": "demo", "startedAt": 1, "wallAnchor": {"monotonic": 1, "unix": 1}},
            "truncated": False, "data": data}


def unavailable():
    without = envelope(None)
    del without["data"]
    return {**without, "available": False, "reason": REASON, "enable": ENABLE}


def types(retained):
    row = {"name": "Shop.Account", "kind": "class", "blocks": 3, "bytes": 144, "retainedBytes": retained}
    return envelope({"types": [row], "total": 1, "next": None, "scan": None if retained is None else SCAN})


def leak(**members):
    return {"kind": "direct", "reason": "nothing points to it", "count": 40, "bytes": 2560, "retainedBytes": 4096,
            "type": "Shop.Account", "typeKind": "class", "site": 7, "stack": [FRAME],
            "addresses": ["0x7f0000001000", "0x7f0000001040"],
            "slopeBytesPerSecond": None, "confidence": None, **members}


LEAKS = [
    leak(),
    leak(kind="cycle", type="Shop.Person", reason="member of a cycle"),
    leak(kind="indirect", type="String", typeKind="string", reason="held by another lost block", addresses=[]),
    leak(kind="growth", type="Shop.Cache.Entry", reason="grows since the warm-up", slopeBytesPerSecond=1200.5,
         confidence=0.93),
]


def leaks(rows, summary=None):
    return envelope({"scan": SCAN, "summary": summary or SUMMARY, "leaks": rows, "total": len(rows), "next": None})


def cycle(*steps, **members):
    path = [{"type": kind, "field": field} for kind, field in steps]
    return {"count": 3, "objects": 3 * len(path), "bytes": 480, "types": [step["type"] for step in path], "path": path,
            "breakEdge": None, "reachable": False, "inferred": False, "stack": [FRAME], "address": "0x7f0000001000",
            **members}


def ring(length):
    edge = {"from": "Shop.Station2", "field": "next", "to": "Shop.Station3", "reason": "it points back"}
    return cycle(*((f"Shop.Station{at}", "next") for at in range(length)), breakEdge=edge)


CYCLES = [
    cycle(("Shop.Account", "owner"), ("Shop.Person", "accounts[0]"),
          breakEdge={"from": "Shop.Account", "field": "owner", "to": "Shop.Person", "reason": "it points back"}),
    cycle(("Shop.Timer", "handler"), ("closure context (Shop.Timer)", "capture 0"), ("Shop.Box<Shop.Timer>", "value"),
          inferred=True),
    cycle(("Shop.Node", "itself")),
    ring(12),
    cycle(("Shop.Model", "view"), ("Shop.View", "model"), ("Shop.Window", "[3]"), ("Shop.Screen", "first"),
          reachable=True),
]


def cycles(rows):
    return envelope({"scan": SCAN, "cycles": rows, "total": len(rows), "next": None})


def reference(address, kind, field, type_name="Shop.Person"):
    return {"address": address, "type": type_name, "field": field, "kind": kind}


def heap_object(**members):
    return envelope({
        "address": "0x7f0000001000", "size": 48, "type": "Shop.Account", "kind": "class", "birth": 1_000_000_000,
        "thread": 3, "task": None, "site": 7, "stack": [FRAME], "counts": {"strong": 2, "unowned": 1, "weak": 1},
        "retainedBytes": 4096, "reachable": True,
        "rootPath": [{"root": {"kind": "global", "image": "demo", "symbol": "Shop.bank"}},
                     {"type": "Shop.Bank", "field": "people[4]", "address": "0x7f0000002000"},
                     {"type": "Shop.Person", "field": "account", "address": "0x7f0000003000"},
                     {"type": "Shop.Account", "field": None, "address": "0x7f0000001000"}],
        "referrers": [reference("0x7f0000003000", "strong", "account"),
                      reference("0x7f0000004000", "conservative", None, "demo")],
        "referrersTotal": 2,
        "referents": [reference("0x7f0000003000", "weak", "owner")], "referentsTotal": 1,
        "dominator": {"address": "0x7f0000002000", "type": "Shop.Bank"}, "scan": SCAN, **members})
