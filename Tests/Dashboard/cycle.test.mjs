import assert from "node:assert/strict";
import { test } from "node:test";
import { breakIndex, cycleText, ringOf, stepText } from "../../Public/js/lib/cycle.js";
import { EDGE_LETTER, layoutRing, nodeLimit, NODE_LETTER } from "../../Public/js/lib/ring-layout.js";

const LIMIT = 8;
const path = (...steps) => steps.map(([type, field]) => ({ type, field }));
const account = path(["Account", "owner"], ["Person", "accounts[0]"]);
const station = (count) => path(...Array.from({ length: count }, (_, at) => [`M.Station${at}`, `next${at}`]));

test("A cycle reads from an object back to its own type", () => {
  assert.equal(cycleText(account), "Account.owner → Person.accounts[0] → Account");
  assert.equal(cycleText(path(["Node", "itself"])), "Node.itself → Node");
  assert.equal(cycleText([]), "");
});

test("An element, an offset and an unknown field are no members", () => {
  assert.equal(stepText({ type: "Array<Node>", field: "[3]" }), "Array<Node>[3]");
  assert.equal(stepText({ type: "Node", field: "+0x18" }), "Node+0x18");
  assert.equal(stepText({ type: "Node", field: null }), "Node");
});

test("The edge to break is found by both ends and its field", () => {
  const edge = { from: "Person", field: "accounts[0]", to: "Account", reason: "" };
  assert.equal(breakIndex(account, edge), 1);
  assert.equal(breakIndex(account, { ...edge, field: "accounts[1]" }), -1);
  assert.equal(breakIndex(account, { ...edge, to: "Person" }), -1);
  assert.equal(breakIndex(account, null), -1);
});

test("A ring is turned so that the edge to break leaves its first node", () => {
  const ring = ringOf(account, { from: "Person", field: "accounts[0]", to: "Account", reason: "" }, LIMIT);
  assert.deepEqual(ring.nodes.map((node) => node.label), ["Person", "Account"]);
  assert.deepEqual(ring.edges, [{ label: "accounts[0]", isBreak: true }, { label: "owner", isBreak: false }]);
  assert.ok(ringOf(account, null, LIMIT).edges.every((edge) => !edge.isBreak));
});

test("A long ring keeps the edge to break and folds the rest", () => {
  const steps = station(30);
  const ring = ringOf(steps, { from: "M.Station28", field: "next28", to: "M.Station29", reason: "" }, LIMIT);
  assert.equal(ring.nodes.length, LIMIT);
  assert.equal(ring.edges.length, LIMIT);
  assert.equal(ring.nodes[0].label, "M.Station28");
  assert.equal(ring.nodes[1].label, "M.Station29");
  assert.deepEqual(ring.nodes.at(-1), { label: `${30 - LIMIT + 1} more`, folded: true });
  // The field that leads back into the first node.
  assert.equal(ring.edges.at(-1).label, "next27");
  assert.deepEqual(ringOf(station(LIMIT), null, LIMIT).nodes.filter((node) => node.folded), []);
});

const near = (a, b, axis, extent) => Math.abs(a[axis] - b[axis]) < (a[extent] + b[extent]) / 2;
const overlap = (a, b) => near(a, b, "x", "width") && near(a, b, "y", "height");

test("Boxes stay apart and inside of the drawing, at any length and width", () => {
  for (const width of [220, 300, 420, 640]) {
    for (let count = 1; count <= nodeLimit(width); count += 1) {
      const { boxes, height } = layoutRing(ringOf(station(count), null, LIMIT), width);
      assert.equal(boxes.length, count);
      boxes.forEach((box, at) => {
        assert.ok(box.x - box.width / 2 >= 0 && box.x + box.width / 2 <= width, `${count} at ${width}`);
        assert.ok(box.y - box.height / 2 >= 0 && box.y + box.height / 2 <= height);
        assert.ok(box.text.length * NODE_LETTER <= box.width);
        boxes.slice(at + 1).forEach((other) => assert.ok(!overlap(box, other), `${count} at ${width}`));
      });
    }
  }
});

test("Names of fields stay inside of the drawing and off the boxes", () => {
  for (const width of [300, 420, 640]) {
    for (let count = 1; count <= nodeLimit(width); count += 1) {
      const steps = path(...Array.from({ length: count }, (_, at) => [`Node${at}`, "aRatherLongFieldName[123]"]));
      const { boxes, arrows, height } = layoutRing(ringOf(steps, null, LIMIT), width);
      for (const { label } of arrows) {
        const wide = label.text.length * EDGE_LETTER;
        const left = { start: label.x, middle: label.x - wide / 2, end: label.x - wide }[label.anchor];
        assert.ok(left >= 0 && left + wide <= width, `${count} at ${width}: ${label.text}`);
        assert.ok(label.y - 6 >= 0 && label.y + 6 <= height, `${count} at ${width}`);
        const room = { x: left + wide / 2, y: label.y, width: wide, height: 8 };
        boxes.forEach((box) => assert.ok(!overlap(box, room), `${count} at ${width}: ${label.text}`));
      }
    }
  }
});

test("Every arrow is drawn with numbers", () => {
  for (let count = 1; count <= 3; count += 1) {
    const { arrows } = layoutRing(ringOf(station(count), null, LIMIT), 640);
    assert.equal(arrows.length, count);
    for (const { line, arrow } of arrows) {
      assert.match(line, /^M-?[\d.]+ -?[\d.]+[QC]/);
      assert.doesNotMatch(line + arrow, /NaN|Infinity|undefined/);
    }
  }
});
