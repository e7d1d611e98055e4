import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../static/", import.meta.url);
const IMPORT = /^import\s+([^;]*?)\s+from\s+['"]three(?:\/[^'"]*)?['"]/gm;

/** What the modules of the page import from three, by name. */
function importedNames() {
  const names = new Map();
  for (const file of readdirSync(new URL("js/", root), { recursive: true })) {
    if (!String(file).endsWith(".js")) continue;
    for (const [, clause] of readFileSync(new URL(`js/${file}`, root), "utf8").matchAll(IMPORT)) {
      assert.match(
        clause,
        /^\{.*\}$/s,
        `${file}: name what is imported from three, so that the bundle stays small`,
      );
      for (const part of clause.slice(1, -1).split(",")) {
        const name = part.trim().split(/\s+as\s+/)[0];
        if (name) names.set(name, file);
      }
    }
  }
  return names;
}

test("the bundle holds every name that the page imports from three", async () => {
  const bundle = await import(String(new URL("vendor/three.js", root)));
  for (const [name, file] of importedNames()) {
    assert.ok(name in bundle, `${file} imports ${name}: add it to static/three.entry.js`);
  }
});

test("the scene has its own shaders alone, because the build empties those of three", () => {
  for (const file of readdirSync(new URL("js/scene/", root), { recursive: true })) {
    if (!String(file).endsWith(".js")) continue;
    const text = readFileSync(new URL(`js/scene/${file}`, root), "utf8");
    assert.doesNotMatch(
      text,
      /#include\b|(?<!Raw)ShaderMaterial\(|\b\w+(?:Basic|Standard|Depth|Sprite)Material\(/,
      String(file),
    );
    assert.doesNotMatch(text, /\.background = |shadowMap|\.environment = /, String(file));
  }
});

test("the bundle has nothing of three's key frames, loaders and headsets", () => {
  const bundle = readFileSync(new URL("vendor/three.js", root), "utf8");
  assert.doesNotMatch(bundle, /trackName|itemStart|XRWebGLBinding/);
});
