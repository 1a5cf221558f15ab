import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boxAt, findPath, isWithin, layoutFlame, neighbour, pathOf, searchFlame,
} from "../../Public/js/lib/flame-layout.js";

const node = (name, value, ...children) => ({ name, value, children });
const tree = node("all", 100,
  node("main", 90, node("insert", 60, node("grow", 40)), node("load", 30, node("insert", 30))), node("_start", 10));
const layout = layoutFlame(tree);
const index = (...names) => findPath(layout, names);

test("Boxes lie within their callers and side by side", () => {
  for (let at = 1; at < layout.nodes.length; at += 1) {
    const above = layout.parent[at];
    assert.ok(isWithin(layout, above, at));
    assert.equal(layout.depth[at], layout.depth[above] + 1);
    assert.equal(layout.end[at] - layout.start[at], layout.nodes[at].value);
  }
  for (const row of layout.levels) {
    for (let place = 1; place < row.length; place += 1) {
      assert.ok(layout.start[row[place]] >= layout.end[row[place - 1]]);
    }
  }
});

test("The box under a point is found, and none where there is none", () => {
  assert.equal(boxAt(layout, 0, 99), 0);
  assert.equal(boxAt(layout, 1, 95), index("_start"));
  assert.equal(boxAt(layout, 2, 59.9), index("main", "insert"));
  assert.equal(boxAt(layout, 2, 60), index("main", "load"));
  assert.equal(boxAt(layout, 2, 95), -1);
  assert.equal(boxAt(layout, 9, 1), -1);
});

test("A box is found again by its path, or the nearest caller that is left", () => {
  const grow = index("main", "insert", "grow");
  assert.deepEqual(pathOf(layout, grow), ["main", "insert", "grow"]);
  const smaller = layoutFlame(node("all", 5, node("main", 5, node("insert", 5))));
  assert.equal(smaller.nodes[findPath(smaller, pathOf(layout, grow))].name, "insert");
  assert.equal(findPath(layout, []), 0);
});

test("A search counts matches inside a match once", () => {
  const found = searchFlame(layout, " INSERT ");
  assert.equal(found.count, 2);
  assert.equal(found.value, 90);
  const nested = searchFlame(layoutFlame(node("all", 9, node("f", 9, node("g", 8, node("f", 7))))), "f");
  assert.equal(nested.count, 2);
  assert.equal(nested.value, 9);
});

test("A search looks at files and images, and at nothing when empty", () => {
  const located = layoutFlame({ name: "all", value: 2, children: [
    { name: "a", value: 2, children: [], file: "/src/Cache.swift", line: 3, image: "demo" }] });
  assert.equal(searchFlame(located, "cache.swift").count, 1);
  assert.equal(searchFlame(located, "demo").count, 1);
  assert.equal(searchFlame(located, "  ").count, 0);
  assert.equal(searchFlame(located, "nowhere").value, 0);
});

test("Keys lead to callers, callees and neighbours, and stop at the edges", () => {
  const insert = index("main", "insert");
  assert.equal(neighbour(layout, insert, "ArrowRight"), index("main", "load"));
  assert.equal(neighbour(layout, insert, "ArrowLeft"), insert);
  assert.equal(neighbour(layout, insert, "ArrowDown"), index("main", "insert", "grow"));
  assert.equal(neighbour(layout, insert, "ArrowUp"), index("main"));
  assert.equal(neighbour(layout, 0, "ArrowUp"), 0);
  assert.equal(neighbour(layout, index("_start"), "ArrowDown"), index("_start"));
});

test("Very deep stacks are laid out without recursion", () => {
  let deep = node("leaf", 1);
  for (let level = 0; level < 50_000; level += 1) deep = node(`f${level}`, 1, deep);
  assert.equal(layoutFlame(deep).levels.length, 50_001);
});

test("A tree without weight is one box", () => {
  const empty = layoutFlame(node("all", 0));
  assert.equal(empty.nodes.length, 1);
  assert.equal(boxAt(empty, 0, 0), -1);
});
