import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_DELAY, LONGEST_DELAY, retryAfter, retryDelay } from "../../Public/js/lib/backoff.js";
import { CONNECTING, connectionAfter } from "../../Public/js/state/connection.js";
import { createStore, INITIAL, reduce } from "../../Public/js/state/store.js";

const envelope = (generatedAt, pid = 1) => ({ generatedAt, process: { pid, startedAt: 5 }, data: {} });
const failure = { type: "failed", code: "network", message: "m", hint: "h", status: 0, attempt: 1, retryAt: 9 };

test("Delays grow, stay within their bounds and differ between pages", () => {
  let before = 0;
  for (let attempt = 1; attempt < 2000; attempt += 1) {
    for (const random of [0, 0.5, 0.999]) {
      const delay = retryDelay(attempt, random);
      assert.ok(delay >= FIRST_DELAY && delay <= LONGEST_DELAY);
    }
    assert.ok(retryDelay(attempt, 0.5) >= before);
    before = retryDelay(attempt, 0.5);
  }
  assert.equal(before, LONGEST_DELAY);
  assert.notEqual(retryDelay(3, 0.1), retryDelay(3, 0.9));
});

test("Retry-After counts in seconds, within reason, and anything else is ignored", () => {
  assert.equal(retryAfter("2", 5), 2000);
  assert.equal(retryAfter("0", 5), 0);
  assert.equal(retryAfter("999999", 5), 60_000);
  for (const header of [null, "", "soon", "-1"]) assert.equal(retryAfter(header, 5), 5);
});

test("A connection is lost only after several failures, and found by one answer", () => {
  let connection = CONNECTING;
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    connection = connectionAfter(connection, { ...failure, attempt });
    assert.equal(connection.status, attempt < 5 ? "reconnecting" : "lost");
    assert.equal(connection.retryAt, 9);
  }
  connection = connectionAfter(connection, { type: "answered", by: "polling" });
  assert.deepEqual(connection, { status: "polling", retryAt: null, error: null });
  connection = connectionAfter(connection, { type: "answered", by: "events" });
  assert.equal(connection.status, "live");
  assert.equal(connectionAfter(connection, { type: "answered", by: "events" }), connection);
});

test("A refusal is told apart from silence", () => {
  for (const status of [401, 403]) assert.equal(connectionAfter(CONNECTING, { ...failure, status }).status, "refused");
});

test("Figures never run backwards within one process", () => {
  const newer = reduce(INITIAL, { type: "summary", envelope: envelope(20), by: "events" });
  const late = reduce(newer, { type: "summary", envelope: envelope(10), by: "polling" });
  assert.equal(late.summary.generatedAt, 20);
  const other = reduce(late, { type: "summary", envelope: envelope(3, 2), by: "events" });
  assert.equal(other.summary.generatedAt, 3);
});

test("Each action changes its own part", () => {
  const route = { view: "flame", params: {} };
  assert.deepEqual(reduce(INITIAL, { type: "route", route }), { ...INITIAL, route });
  const config = { mode: "full" };
  assert.deepEqual(reduce(INITIAL, { type: "config", config }), { ...INITIAL, config });
  assert.equal(reduce(INITIAL, { type: "connection", event: { type: "paused" } }).connection.status, "paused");
});

test("A listener hears the state at once, then each change, until it leaves", () => {
  const store = createStore();
  const heard = [];
  const leave = store.subscribe((state) => heard.push(state.connection.status));
  store.dispatch({ type: "connection", event: { type: "paused" } });
  leave();
  store.dispatch({ type: "connection", event: failure });
  assert.deepEqual(heard, ["connecting", "paused"]);
  assert.equal(store.get().connection.status, "reconnecting");
});
