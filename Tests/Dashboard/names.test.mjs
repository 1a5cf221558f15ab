import assert from "node:assert/strict";
import { test } from "node:test";
import { codeGroup, fullLocation, headline, location } from "../../Public/js/lib/frames.js";
import { fitName, memberName, shortName } from "../../Public/js/lib/names.js";

const frame = (name, image = "demo", file = null, line = null) =>
  ({ function: name, image, file, line, address: "0x1", inlined: false });

test("Swift functions keep their labels and lose types", () => {
  const cases = [
    ["M.Cache.insert(_: M.Item, for: Swift.String) -> ()", "M.Cache.insert(_:for:)"],
    ["static M.Main.main() async throws -> ()", "static M.Main.main()"],
    ["M.f<A where A: Swift.Decodable>(_: A.Type, from: M.Data) throws -> A", "M.f(_:from:)"],
    ["M.f(a: (Swift.Int, Swift.Int), b: [A : B], c: (Swift.Int) -> ()) -> Swift.Int", "M.f(a:b:c:)"],
    ["M.f(() -> (), Swift.Int) -> ()", "M.f(_:_:)"],
    ["Swift.Array<A where A == M.Header>.values(of: Swift.String) -> [Swift.String]", "Swift.Array.values(of:)"],
    ["M.Box<Swift.Int>.put(_: Swift.Int) -> ()", "M.Box<Swift.Int>.put(_:)"],
    ["M.T.count.getter : Swift.Int", "M.T.count.getter"],
    ["closure #1 (M.R) async -> M.S in M.Router.add(path: Swift.String) -> ()", "closure #1 in M.Router.add(path:)"],
    ["(extension in M):Swift.Collection.map<A>((A.Element) throws(B) -> A) throws(B) -> [A]",
      "Swift.Collection.map(_:)"],
    ["partial apply forwarder for closure #1 @Sendable () async -> () in M.Server.run() -> ()",
      "partial apply forwarder for closure #1 in M.Server.run()"],
    ["(2) suspend resume partial function for M.f(x: Swift.Int) async -> ()", "M.f(x:)"],
  ];
  for (const [long, short] of cases) assert.equal(shortName(long), short);
});

test("A copy the compiler made is named by the function it copies", () => {
  const cases = [
    ["function signature specialization <Arg[2] = Dead> of static M.JSON.write(_: [M.Int], to: inout M.Bytes) -> ()",
      "static M.JSON.write(_:to:)"],
    ["generic specialization <()> of M.group<A>(returning: A.Type) async -> A (resumed)", "M.group(returning:)"],
    ["generic pre-specialization <Swift.AnyObject> of Swift.Array.reserve() -> ()", "Swift.Array.reserve()"],
    ["generic not re-abstracted specialization <Swift.Int> of M.f() -> ()", "M.f()"],
    ["function signature specialization <Arg[0] = [Closure Propagated : $s1M, Argument Types : []]> of " +
      "generic specialization <(a: M.A, b: M.B) -> ()> of closure #1 (M.A) -> () in M.sort(by: M.A) -> ()",
    "closure #1 in M.sort(by:)"],
    ["merged generic specialization <Swift.Int> of Swift.Array.copy() -> ()", "merged Swift.Array.copy()"],
    ["function signature specialization <Arg[0] = Dead> of M.T.name.getter : Swift.String", "M.T.name.getter"],
  ];
  for (const [long, short] of cases) assert.equal(shortName(long), short);
  assert.equal(shortName("generic specialization <A of f"), "generic specialization <A of f");
  assert.equal(shortName("generic specialization <A>"), "generic specialization <A>");
  assert.equal(shortName("generic specialization <A> of ".repeat(20000) + "f"), "f");
});

test("What is not a Swift function stays as it is, hostile names too", () => {
  const names = ["malloc", "operator new(unsigned long)", "std::vector<int>::push_back(int const&)", "f(((-> ", "",
    "<img src=x onerror=\"alert(1)\">()", "</script><script>x -> y"];
  for (const name of names) assert.equal(shortName(name), name);
});

test("The module goes only when a member is left", () => {
  assert.equal(memberName("Demo.Cache.insert(_:)"), "Cache.insert(_:)");
  assert.equal(memberName("closure #1 in Demo.Router.add(path:)"), "closure #1 in Router.add(path:)");
  assert.equal(memberName("Demo.main()"), "Demo.main()");
  assert.equal(memberName("malloc"), "malloc");
});

test("A name loses its qualifiers before its end", () => {
  const measure = (text) => text.length;
  assert.equal(fitName("Demo.Cache.insert(_:)", 30, measure), "Demo.Cache.insert(_:)");
  assert.equal(fitName("Demo.Cache.insert(_:)", 16, measure), "Cache.insert(_:)");
  assert.equal(fitName("Demo.Cache.insert(_:)", 8, measure), "insert(…");
  assert.equal(fitName("malloc", 1, measure), "");
  for (let room = 0; room < 25; room += 1) assert.ok(fitName("Demo.Cache.insert(_:)", room, measure).length <= room);
});

test("A stack is named by the program's own innermost frame", () => {
  const stack = [frame("malloc", "libc.so.6"), frame("sqlite3_step", "libsqlite3.so.0"), frame("Demo.save() -> ()"),
    frame("main")];
  assert.equal(headline(stack).function, "Demo.save() -> ()");
  assert.equal(headline(stack.slice(0, 2)).function, "sqlite3_step");
  assert.equal(headline(stack.slice(0, 1)).function, "malloc");
  assert.equal(headline([]), null);
  const made = { ...frame("Demo.User.__allocating_init(name: Swift.String) -> Demo.User"), file: null };
  assert.equal(headline([made, ...stack.slice(2)]).function, "Demo.save() -> ()");
  assert.equal(headline([made]), made);
});

test("Code is told apart by its image, and by name in a static executable", () => {
  const groups = [["swift_allocObject", "demo", 2], ["Swift.Array.append(_:)", "demo", 2], ["main", "demo", 1],
    ["(extension in Swift):Swift.Sequence.map(_:)", "demo", 2],
    ["f", "libswiftCore.so", 2], ["f", "libFoundationEssentials.so", 3], ["f", "libz.so.1", 4], ["f", "libc.so.6", 5],
    ["f", "libcurl.so.4", 4], ["f", "libmicrohttpd.so.12", 4], ["f", "ld-linux-x86-64.so.2", 5], ["0x1", null, 6]];
  for (const [name, image, group] of groups) assert.equal(codeGroup({ name, image }), group, `${name} ${image}`);
});

test("A place is a file and a line, as far as known", () => {
  assert.equal(location({ file: "/src/Cache.swift", line: 42 }), "Cache.swift:42");
  assert.equal(location({ file: "/src/Cache.swift", line: null }), "Cache.swift");
  assert.equal(location({ file: null, line: null }), "");
  assert.equal(fullLocation({ file: "/src/Cache.swift", line: 42 }), "/src/Cache.swift:42");
});
