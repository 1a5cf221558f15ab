"""Random heaps of Swift objects: compares the graph with the references that the generator made.

Each heap is a program of its own: classes with random stored properties, objects that refer to one another at random,
and blocks full of addresses that were freed before anything was allocated. Storage, boxes and closure contexts are
skipped: only the references between objects are compared, with their number and strength.
"""

import argparse
import random
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

from harness.build import BuildError
from harness.main import run_all
from harness.results import Result, Test

from leaks import fields, service
from leaks.build import LeakBuild, preload_library
from leaks.scans import wait_for_socket, watched

CLASSES, OBJECTS = 8, 30
PRELUDE = """\
import Glibc
protocol Thing: AnyObject {}
protocol Valued {}
class Node: Hashable, Thing {
    static func == (one: Node, other: Node) -> Bool { one === other }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
final class Leaf: Node { let of: Node; init(_ of: Node) { self.of = of } }
struct Pair: Valued { var one: Node?; var other: Node?; var number = 0 }
struct Large: Valued { var text: String; var pair: Pair; var more: (Int, Int) }
enum Choice { case none, one(Node), two(Node, Node), number(Int), pair(Int, Node), text(String) }
indirect enum Chain { case end, link(Node, Chain) }
var leaves: [Leaf] = []
@inline(never) func use(_ one: Node?, _ two: Node?, _ number: Int) {
    if number == .min { print(one as Any, two as Any) }
}
@inline(never) func touch(_ text: String) {
    if text.utf16.index(text.utf16.startIndex, offsetBy: 70) == text.endIndex { print(text) }
}
@inline(never) func text(_ n: Int) -> String { String(repeating: "text ", count: n % 23 + 1) + String(n) }
@inline(never) func address(_ object: AnyObject) -> UInt {
    UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque())
}
/// Fills free memory of every size with addresses of the objects.
@inline(never) func dirty(_ objects: [Node]) {
    var blocks: [UnsafeMutablePointer<UInt>] = []
    for words in 2..<80 {
        for _ in 0..<3 {
            let block = UnsafeMutablePointer<UInt>.allocate(capacity: words)
            for index in 0..<words { block[index] = address(objects[(index + words) % objects.count]) }
            blocks.append(block)
        }
    }
    for block in blocks { block.deallocate() }
}
"""


def declare(name, kind_type, default):
    for ownership in ("weak ", "unowned(unsafe) ", "unowned "):
        if kind_type.startswith(ownership):
            return f"    {ownership}var {name}: {kind_type[len(ownership):]} = {default}"
    return f"    var {name}: {kind_type} = {default}"


class Heap:
    """A program, and the references its objects have: object -> (kind, other) -> how often."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.references = {}
        classes = [self.make_class(number) for number in range(CLASSES)]
        objects = [f"o{n}" for n in range(OBJECTS)]
        chosen = [self.random.choice(classes) for _ in objects]
        self.classes = {name: [kind[0] for kind in made[2]] for name, made in zip(objects, chosen)}
        lines = [PRELUDE, *(text for _, text, _ in classes)]
        lines += [f"let {name} = {made[0]}()" for name, made in zip(objects, chosen)]
        lines.append(f"let all: [Node] = [{', '.join(objects)}]")
        for name, made in zip(objects, chosen):
            lines += self.fill(name, made[2], objects)
        lines += [f"fill_{name}(Int(getpid()) | 1)" for name in objects]
        lines += [
            'let list = fopen(CommandLine.arguments[1] + ".part", "w")!',
            "func tell(_ name: String, _ object: AnyObject) {",
            '    fputs(name + " " + String(address(object), radix: 16) + "\\n", list)',
            "}",
            'for (n, object) in all.enumerated() { tell("o\\(n)", object) }',
            'for leaf in leaves { tell("leaf", leaf) }',
            "fclose(list)",
            'rename(CommandLine.arguments[1] + ".part", CommandLine.arguments[1])',
            "while true { sleep(1000) }",
        ]
        self.source = "\n".join(lines)

    def make_class(self, number):
        kinds = [kind(self.random) for kind in self.random.sample(fields.KINDS, self.random.randrange(1, 7))]
        lines = [f"final class C{number}: Node {{"]
        lines += [declare(f"f{n}", kind[0], kind[1]) for n, kind in enumerate(kinds)]
        return f"C{number}", "\n".join(lines + ["}"]), kinds

    def fill(self, name, kinds, objects):
        """A function of its own for each object, so that its variables are gone when it returns."""
        known, lines = Counter(), [f"@inline(never) func fill_{name}(_ seed: Int) {{", "    dirty(all)"]
        for n, (_, _, count, write) in enumerate(kinds):
            if self.random.random() < 0.2:
                continue
            written, refers = write(f"{name}.f{n}", self.random.sample(objects, count))
            lines += ["    do {", *("        " + line for line in written), "    }"]
            known.update(refers)
        self.references[name] = known
        return lines + ["}"]


def found(path, address, names, kind="strong", seen=()):
    """Where references lead: through what is no object of the heap's own to what is."""
    answer = service.ask(path, "GET", f"/api/objects/0x{address}")
    if answer is None or answer.status != 200:
        raise BuildError(f"GET /api/objects/0x{address}: {answer and answer.status}")
    result = Counter()
    for reference in answer.data["referents"]:
        if reference["kind"] == "sideTable":
            continue
        other = f"{int(reference['address'], 16):x}"
        how = kind if kind != "strong" else reference["kind"]
        if other in names:
            result[(how, names[other])] += 1
        elif other not in seen:
            result += found(path, other, names, how, (*seen, other))
    return result


def differences(path, heap, names):
    wrong = []
    for address, name in names.items():
        if name == "leaf":
            continue
        got, known = found(path, address, names), heap.references[name]
        for edge in sorted((got - known) | (known - got)):
            fields = heap.classes[name]
            wrong.append(f"{name} -> {edge[1]}: {got[edge]} {edge[0]}, known: {known[edge]}; fields: {fields}")
    return wrong


def addresses(path):
    deadline = time.monotonic() + 30
    while not path.exists():
        if time.monotonic() > deadline:
            raise BuildError("the heap was not made within 30 s")
        time.sleep(0.02)
    lines = (line.split() for line in path.read_text().splitlines())
    return {address: name for name, address in lines}


def compare(build, options, way, seed):
    heap = Heap(seed)
    folder = Path(tempfile.mkdtemp(prefix="heap-", dir=build.folder))
    source = folder / "main.swift"
    source.write_text(heap.source)
    build.swift(way, [source], folder / "heap", "heap")
    wrong = []

    def work(sockets, process):
        path = wait_for_socket(sockets, process)
        names = addresses(folder / "list")
        answer = service.scan(path)
        wrong.extend(differences(path, heap, names))
        refused = answer.data["scan"]["refusedReferences"]
        if refused:
            wrong.append(f"{refused} references refused by the type of their target")

    failure = watched(build, [folder / "heap", folder / "list"], options, work)
    edges = sum(sum(known.values()) for known in heap.references.values())
    if not options.keep and not wrong:
        shutil.rmtree(folder)
    return [Result(not wrong, f"has the {edges} references that are known", "\n".join(wrong[:20]))] + failure


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--heaps", type=int, default=100, help="how many (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the first (default 1); each further one has the next")
    parser.add_argument("--timeout", type=int, default=120, help="seconds for each heap (default 120)")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder and print its path")
    options = parser.parse_args()
    try:
        options.preload = preload_library()
    except BuildError as error:
        parser.error(str(error))
    return options


def main():
    options = arguments()
    ways = ("N", "O")
    tests = []
    for seed in range(options.seed, options.seed + options.heaps):
        way = ways[seed % len(ways)]
        run = lambda build, way=way, seed=seed: compare(build, options, way, seed)
        tests.append(Test(f"{way}/heap-{seed}", run))
    results = run_all(tests, options, "leak-heaps-", lambda folder: LeakBuild(folder, options))
    failed = [result for result in results if not result.passed]
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0
