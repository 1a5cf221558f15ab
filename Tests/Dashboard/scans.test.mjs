import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Scans } from "../../Public/js/state/scans.js";

const original = globalThis.fetch;
afterEach(() => (globalThis.fetch = original));

/** Answers in order; each is [status, body]. */
function answering(...answers) {
  const asked = [];
  globalThis.fetch = async (path, { method = "GET" }) => {
    asked.push(`${method} ${path.split("?")[0]}`);
    const [status, body] = answers.shift();
    return new Response(JSON.stringify(body), { status, headers: { "Retry-After": "0" } });
  };
  return asked;
}

const types = (takenAt) => [200, { data: { types: [], scan: takenAt === null ? null : { takenAt } } }];
const scanned = (takenAt) => [200, { data: { scan: { takenAt }, summary: {} } }];
const busy = [503, { error: { code: "busy", message: "m", hint: "h" } }];
const broken = [500, { error: { code: "internal", message: "m", hint: "h" } }];

test("Looking asks once and never scans", async () => {
  for (const [answer, status] of [[types(null), "never"], [types(7), "known"]]) {
    const asked = answering(answer);
    const scans = new Scans();
    await Promise.all([scans.look(), scans.look()]);
    assert.equal(scans.state.status, status);
    assert.deepEqual(asked, ["GET /api/types"]);
  }
});

test("A look that fails can be tried again", async () => {
  answering(broken, types(1));
  const scans = new Scans();
  await scans.look();
  assert.equal(scans.state.status, "unknown");
  assert.equal(scans.state.error.code, "internal");
  await scans.look();
  assert.equal(scans.state.status, "known");
  assert.equal(scans.state.error, null);
});

test("A scan is waited for while the server is busy, and starts once", async () => {
  const asked = answering(busy, busy, scanned(5));
  const scans = new Scans();
  const states = [];
  scans.subscribe(({ since, generation }) => states.push([since !== null, generation]));
  await Promise.all([scans.run(), scans.run()]);
  assert.deepEqual(asked, Array(3).fill("POST /api/leakscan"));
  assert.deepEqual(states, [[false, 0], [true, 0], [false, 1]]);
  assert.equal(scans.state.status, "known");
});

test("A refusal and a failure keep what was known before", async () => {
  answering(scanned(5), [200, { available: false, reason: "r", enable: "e" }], broken, scanned(6));
  const scans = new Scans();
  await scans.run();
  await scans.run();
  assert.equal(scans.state.refusal.reason, "r");
  await scans.run();
  assert.equal(scans.state.refusal, null);
  assert.equal(scans.state.error.code, "internal");
  assert.deepEqual([scans.state.status, scans.state.since, scans.state.generation], ["known", null, 1]);
  await scans.run();
  assert.deepEqual([scans.state.error, scans.state.generation], [null, 2]);
});

test("What was refused in one mode says nothing about another", async () => {
  answering([200, { available: false, reason: "r", enable: "e" }]);
  const scans = new Scans();
  scans.modeIs("sampled");
  await scans.run();
  scans.modeIs("sampled");
  assert.equal(scans.state.refusal.reason, "r");
  scans.modeIs("full");
  assert.equal(scans.state.refusal, null);
});

test("A scan that somebody else made counts, and our own counts once", async () => {
  answering(scanned(5));
  const scans = new Scans();
  await scans.run();
  scans.heard(scanned(5)[1]);
  assert.equal(scans.state.generation, 1);
  scans.heard(scanned(9)[1]);
  assert.equal(scans.state.generation, 2);
});

test("What the server may have forgotten is looked for again, and only that", async () => {
  for (const [retained, status] of [[null, "never"], [1, "known"]]) {
    const asked = answering(types(1), types(retained));
    const scans = new Scans();
    await scans.look();
    await scans.look();
    assert.equal(asked.length, 1);
    scans.answeredAt -= 10 * 60_000;
    await scans.look();
    assert.deepEqual([asked.length, scans.state.status, scans.state.generation], [2, status, 1]);
  }
});

test("A look that ends after a scan does not undo it", async () => {
  answering(types(null), scanned(5));
  const scans = new Scans();
  await Promise.all([scans.look(), scans.run()]);
  assert.equal(scans.state.status, "known");
});
