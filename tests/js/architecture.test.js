import { parse } from "acorn";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const PAGE = new URL("../../static/js/", import.meta.url).pathname;

/**
 * The ladder of folders, bottom to top: a folder imports from rungs below its own, and never from one on the same rung.
 * Comments (and the types in them) do not count.
 */
const RUNGS = [
  ["words"],
  ["trace"],
  ["view", "playback"],
  ["counts"],
  ["api"],
  ["state"],
  ["scene/gpu", "scene/layout"],
  ["scene/effects"],
  ["scene/camera"],
  ["scene/labels"],
  ["scene/meshes"],
  ["scene", "files"],
  ["browser"],
  ["embed"],
  ["panels/parts"],
  ["panels/controls", "panels/share", "panels/lessons", "panels/story"],
  ["panels/chrome", "panels/alter"],
  ["panels/data", "panels/atlas"],
  ["panels"],
  ["."],
];

/** Rooms that never import from each other, whatever their rungs. */
const STRANGERS = [
  ["scene", "panels"],
  ["panels", "scene"],
  ["panels", "browser"],
];

/** Libraries, and the only rooms or files that import them. */
const LIBRARIES = { three: "scene/", uqr: "files/qr_code.js" };

/** @typedef {{type: string, [key: string]: any}} Node */

/** Every node of a syntax tree. @param {any} value @returns {Generator<Node>} */
function* nodesOf(value) {
  if (Array.isArray(value)) for (const each of value) yield* nodesOf(each);
  else if (value && typeof value === "object") {
    if (typeof value.type === "string") yield value;
    for (const each of Object.values(value)) yield* nodesOf(each);
  }
}

/** @param {string} code */
const treeOf = (code) => parse(code, { ecmaVersion: "latest", sourceType: "module" });

/** What a module imports, statically and dynamically: modules of the page by their path, libraries by name. @param {string} name @param {string} code */
function importsOf(name, code) {
  const found = [];
  for (const { type, source } of nodesOf(treeOf(code)))
    if (/^(Import(Declaration|Expression)|Export(All|Named)Declaration)$/.test(type) && source)
      found.push(String(source.value));
  return found.map((each) => (each.startsWith(".") ? path.join(path.dirname(name), each) : each));
}

const MODULES = new Map(
  readdirSync(PAGE, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".js"))
    .map((name) => [name, readFileSync(PAGE + name, "utf8")]),
);
const GRAPH = new Map([...MODULES].map(([name, code]) => [name, importsOf(name, code)]));

/** @param {string} name */
const folderOf = (name) => path.dirname(name);

/** One cycle of a graph, or nothing. @param {Map<string, Iterable<string>>} graph @returns {string[]} */
function cycleIn(graph) {
  const done = new Set();
  /** @param {string} name @param {string[]} way @returns {string[]} */
  function follow(name, way) {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const next of graph.get(name) ?? []) {
      const cycle = follow(next, [...way, name]);
      if (cycle.length) return cycle;
    }
    done.add(name);
    return [];
  }
  for (const name of graph.keys()) {
    const cycle = follow(name, []);
    if (cycle.length) return cycle;
  }
  return [];
}

test("every folder of the page has a rung", () => {
  const rungs = RUNGS.flat();
  assert.deepEqual(
    [...new Set([...MODULES.keys()].map(folderOf))].filter((folder) => !rungs.includes(folder)),
    [],
  );
});

test("a folder imports from rungs below its own", () => {
  const rungOf = (/** @type {string} */ folder) => RUNGS.findIndex((rung) => rung.includes(folder));
  const wrong = [...GRAPH].flatMap(([name, imports]) =>
    imports
      .filter((each) => MODULES.has(each) && folderOf(each) !== folderOf(name))
      .filter((each) => rungOf(folderOf(each)) >= rungOf(folderOf(name)))
      .map((each) => `${name} imports ${each}`),
  );
  assert.deepEqual(wrong, []);
});

test("an import names a module that exists, or a known library", () => {
  for (const [name, imports] of GRAPH)
    for (const each of imports)
      assert.ok(MODULES.has(each) || Object.hasOwn(LIBRARIES, each), `${name} imports ${each}`);
});

test("files import each other in no cycle", () => {
  assert.deepEqual(cycleIn(GRAPH), []);
});

test("folders import each other in no cycle", () => {
  const folders = new Map([...MODULES.keys()].map((name) => [folderOf(name), new Set()]));
  for (const [name, imports] of GRAPH)
    for (const each of imports)
      if (MODULES.has(each) && folderOf(each) !== folderOf(name))
        folders.get(folderOf(name))?.add(folderOf(each));
  assert.deepEqual(cycleIn(folders), []);
});

test("the scene, the panels and the browser's shell stay strangers", () => {
  for (const [here, there] of STRANGERS)
    for (const [name, imports] of GRAPH)
      if (name.startsWith(`${here}/`))
        assert.deepEqual(
          imports.filter((each) => each.startsWith(`${there}/`)),
          [],
          name,
        );
});

test("each library is imported by its own room alone", () => {
  for (const [name, imports] of GRAPH)
    for (const [library, room] of Object.entries(LIBRARIES))
      if (imports.includes(library)) assert.ok(name.startsWith(room), `${name} imports ${library}`);
});

test("only panels build elements of the page", () => {
  const building = new Set(["createElement", "createElementNS", "append", "prepend", "replaceChildren"]);
  for (const [name, code] of MODULES) {
    if (name.startsWith("panels/")) continue;
    for (const node of nodesOf(treeOf(code))) {
      if (node.type !== "CallExpression" || !building.has(node.callee.property?.name)) continue;
      // A canvas that is never shown (to probe for WebGL, to draw a label on) is no element of the page.
      assert.equal(node.arguments[0]?.value, "canvas", `${name} calls ${node.callee.property.name}`);
    }
  }
});

test("no text becomes markup or code", () => {
  const dangerous = new Set(["innerHTML", "outerHTML", "insertAdjacentHTML", "eval"]);
  for (const [name, code] of MODULES)
    for (const node of nodesOf(treeOf(code))) {
      if (node.type === "Identifier") assert.ok(!dangerous.has(node.name), `${name} uses ${node.name}`);
      if (node.type === "NewExpression") assert.notEqual(node.callee.name, "Function", name);
      if (node.type === "MemberExpression" && node.object.name === "document")
        assert.notEqual(node.property.name, "write", name);
    }
});

test("type and lengths follow the reader's font size: pixels are for hairlines", () => {
  const folder = new URL("../../static/css/", import.meta.url);
  const long = readdirSync(folder)
    .filter((name) => name.endsWith(".css"))
    .flatMap((name) =>
      [...readFileSync(new URL(name, folder), "utf8").matchAll(/([\d.]+)px/g)]
        .filter(([, length]) => Number(length) > 3)
        .map(([length]) => `${name}: ${length}`),
    );
  assert.deepEqual(long, []);
});

test("a cycle is found where there is one", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["b"]],
  ]);
  assert.deepEqual(cycleIn(graph), ["b", "c", "b"]);
});

test("imports in comments and strings do not count, dynamic ones do", () => {
  const code = `// import "./a.js"\n/* from "./b.js" */ const s = 'import "./c.js"';\nawait import("./d.js"); export * from "./e.js";`;
  assert.deepEqual(importsOf("room/x.js", code).sort(), ["room/d.js", "room/e.js"]);
});
