import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesStack, matchesText } from "../../Public/js/lib/filter.js";
import { formatRoute, parseRoute, VIEWS } from "../../Public/js/lib/route.js";
import { ariaSort, nextSort, sortRows } from "../../Public/js/lib/sort.js";

test("A click sorts by the largest first, a second one turns it round", () => {
  assert.equal(nextSort("-bytes", "blocks"), "-blocks");
  assert.equal(nextSort("-blocks", "blocks"), "blocks");
  assert.equal(nextSort("blocks", "blocks"), "-blocks");
  assert.equal(nextSort("-bytes", "name", true), "name");
  assert.equal(ariaSort("-bytes", "bytes"), "descending");
  assert.equal(ariaSort("bytes", "bytes"), "ascending");
  assert.equal(ariaSort("-bytes", "blocks"), "none");
});

test("Signed figures sort by how much changed and ties keep their order", () => {
  const rows = [{ id: 1, bytes: 5 }, { id: 2, bytes: -9 }, { id: 3, bytes: 5 }, { id: 4, bytes: 0 }];
  assert.deepEqual(sortRows(rows, "-bytes").map((row) => row.id), [2, 1, 3, 4]);
  assert.deepEqual(sortRows(rows, "bytes").map((row) => row.id), [4, 1, 3, 2]);
  assert.deepEqual(rows.map((row) => row.id), [1, 2, 3, 4]);
});

test("Names sort as text and unknown values come first", () => {
  const rows = [{ name: "b" }, { name: null }, { name: "a" }];
  assert.deepEqual(sortRows(rows, "name").map((row) => row.name), [null, "a", "b"]);
});

test("A filter ignores case and looks at every frame", () => {
  const stack = [
    { function: "malloc", file: null, image: "libc.so.6" }, { function: "f", file: "/src/Cache.swift", image: "demo" },
  ];
  for (const query of ["", " MALLOC", "cache.swift", "DEMO"]) assert.ok(matchesStack(query, stack), query);
  assert.ok(!matchesStack("nowhere", stack));
  assert.ok(matchesStack("", []));
  assert.ok(!matchesStack("x", []));
  assert.ok(!matchesText("x", [null, undefined, "abc"]));
});

test("Addresses of views survive a round trip", () => {
  for (const view of VIEWS) {
    const route = { view, params: { sort: "-peakBytes", name: "a&b=c d" } };
    assert.deepEqual(parseRoute(formatRoute(route)), route);
  }
  assert.equal(formatRoute({ view: "sites", params: { sort: "" } }), "#/sites");
});

test("An address that is not ours leads to the overview", () => {
  for (const hash of ["", "#", "#/", "#/nonsense?x=1", "#/__proto__"]) {
    assert.deepEqual(parseRoute(hash), { view: "overview", params: {} });
  }
});
