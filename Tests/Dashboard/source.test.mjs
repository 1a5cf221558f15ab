// Rules about the page's own text: what the content security policy forbids, and
// what lets a hostile name act, must not be there to be forgotten.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../Public", import.meta.url));
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
const read = (file) => readFileSync(file, "utf8");
const scripts = files.filter((file) => file.endsWith(".js"));

test("No script can turn text into markup or code", () => {
  assert.ok(scripts.length > 30);
  const forbidden = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc/;
  for (const file of scripts) assert.doesNotMatch(read(file), forbidden, file);
});

test("The document has no inline script, style or handler", () => {
  const html = read(join(root, "index.html"));
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|javascript:/i);
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/i);
});

test("Nothing is fetched from another host", () => {
  for (const file of files) {
    const text = read(file).replaceAll("http://www.w3.org/2000/svg", "");
    assert.doesNotMatch(text, /https?:\/\//, file);
  }
});

test("No two scripts have one name", () => {
  assert.equal(new Set(scripts.map((file) => basename(file))).size, scripts.length);
});

test("Every import names a file that is there", () => {
  for (const file of scripts) {
    for (const [, path] of read(file).matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)) {
      assert.ok(files.includes(normalize(join(dirname(file), path))), `${file}: ${path}`);
    }
  }
});

test("Every script is type-checked and every colour is a token", () => {
  for (const file of scripts) assert.ok(read(file).startsWith("// @ts-check\n"), file);
  const tokens = read(join(root, "css/tokens.css"));
  const sheets = files.filter((file) => file.endsWith(".css") && !file.endsWith("tokens.css"));
  for (const file of sheets) {
    assert.doesNotMatch(read(file), /#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(/i, file);
    for (const [, name] of read(file).matchAll(/var\((--ms-[\w-]+)\)/g)) {
      assert.ok(tokens.includes(`${name}:`), `${file}: ${name}`);
    }
  }
});
