import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { literals } from "../string_literals.js";

/** The page's modules take the language of the document when they are loaded: these are those of a French page. */
Object.assign(globalThis, { document: { documentElement: { lang: "fr" } } });
const { captureWords, words } = await import("../../../static/js/words/words.js");
const { formatBytes, formatCount, formatDecimal, formatExactly, formatShare, formatWeight } =
  await import("../../../static/js/words/format.js");
const { en } = await import("../../../static/js/words/en.js");
const { fr } = await import("../../../static/js/words/fr.js");
const { problem, routerNote } = await import("../../../static/js/words/problems.fr.js");

/** @param {any} value @param {string} [path] @returns {[string, any][]} every word of a catalogue, by its path */
function leaves(value, path = "") {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}

/** Names of tokens' groups: English shows those of the files. */
const OWN = /^groupNames\./;

test("a French page has French words", () => {
  assert.equal(words.play, "Lire");
});

test("French has every word of English and no other", () => {
  const [one, other] = [en, fr].map((catalogue) =>
    leaves(catalogue)
      .map(([path]) => path)
      .filter((path) => !OWN.test(path))
      .sort(),
  );
  assert.deepEqual(other, one);
});

test("a French sentence takes as many facts as the English one", () => {
  const english = new Map(leaves(en));
  for (const [path, word] of leaves(fr)) {
    if (OWN.test(path)) continue;
    assert.equal(typeof word, typeof english.get(path), path);
    if (typeof word === "function") assert.equal(word.length, english.get(path).length, `${path}: facts`);
  }
});

test("every code of a finding about a capture has a French sentence", () => {
  const findings = readFileSync(new URL("../../../app/formats/findings.py", import.meta.url), "utf8");
  const codes = [...findings.matchAll(/^ {4}"([a-z-]+)": "(?:error|warning|info)",$/gm)].map(
    ([, code]) => code,
  );
  assert.ok(codes.length > 15);
  assert.deepEqual(
    codes.filter((code) => !captureWords.meaning(code)),
    [],
  );
});

/** What French typography forbids: an ordinary space before a mark or inside guillemets, no space, a straight apostrophe. */
const FORBIDDEN = /(?:^| )[:;!?%»](?![\d=]| \d)|« |[\p{L})][;!?]|[\p{L})]:(?=\s|$)|\p{L}'\p{L}/u;

test("French sentences have unbroken spaces where French typography has them, and its apostrophe", () => {
  const folder = new URL("../../../static/js/words/", import.meta.url);
  const files = readdirSync(folder).filter((name) => /(^|\.)fr\.js$/.test(name));
  assert.ok(files.length >= 2, "the catalogue and what it is made of");
  for (const name of files) {
    const found = literals(readFileSync(new URL(name, folder), "utf8")).map(([text]) => text);
    assert.ok(found.length > 5, name);
    assert.deepEqual(
      found.filter((text) => FORBIDDEN.test(text.replace(/^[?:]$/, ""))),
      [],
      name,
    );
  }
});

test("numbers of a French page have a decimal comma, narrow spaces and French units", () => {
  assert.equal(formatExactly(1179648), "1\u202f179\u202f648");
  assert.equal(formatDecimal(2.5), "2,5");
  assert.equal(formatCount(1179648), "1,18\u202fM");
  assert.equal(formatCount(671e9), "671\u202fMd");
  assert.equal(formatCount(1.6e12), "1\u202f600\u202fMd", "a billion is another number in English");
  assert.equal(formatBytes(20_600_000), "20,6 Mo");
  assert.equal(formatShare(0.031), "3,1\u202f%");
  assert.equal(formatWeight(0.001), "<0,01");
});

test("none and one are singular", () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => fr.plural(count, "jeton")),
    ["0 jeton", "1 jeton", "2 jetons"],
  );
});

/** What the server says of requests; tests/request/test_refusals.py writes and checks it. @type {string[]} */
const REFUSALS = JSON.parse(readFileSync(new URL("../../golden/refusals.json", import.meta.url), "utf8"));

/** Notes on routers, which the same file writes. @type {string[]} */
const ROUTER_NOTES = JSON.parse(
  readFileSync(new URL("../../golden/router_notes.json", import.meta.url), "utf8"),
);
const ENGLISH =
  /\b(the|of|with|choose|see|leave|number|whole|expected|got|one|named?|is|are|and|without|that|missing|layers?|write|published|counts?|printed|which)\b/;
/** The figures of a sentence: digits alone, as marks and words between them differ, and noughts: 1.16 trillion is 1 160 billion. @param {string} text */
const digits = (text) => text.match(/[1-9]/g)?.sort().join("");

test("what the server refuses is told in French, its values as they were", () => {
  assert.equal(
    problem("k: expected 1 to 8, got 9; choose fewer experts a token or more experts a layer"),
    "k\u00a0: attendu de 1 à 8, reçu 9\u202f; choisissez moins d’experts par jeton ou plus d’experts par couche",
  );
  assert.ok(REFUSALS.length > 20);
  for (const message of REFUSALS) {
    const told = problem(message);
    assert.match(told, /^([\w.]+|experts par jeton)\u00a0: attendu /, message);
    assert.doesNotMatch(told, ENGLISH, message);
  }
});

test("what is told of a router that is not quite a model's own is told in French", () => {
  assert.ok(ROUTER_NOTES.length > 2);
  for (const note of ROUTER_NOTES) assert.doesNotMatch(routerNote(note), ENGLISH, note);
});

test("every model of the catalogue has its notes, reasons and sources in French, in French typography", () => {
  const folder = new URL("../../../app/published/models/", import.meta.url);
  for (const name of readdirSync(folder)) {
    const {
      published,
      match,
      config_source,
      fr: french,
    } = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
    const english = { source: published.source, note: match.note, reasons: match.reasons, config_source };
    assert.deepEqual(Object.keys(french).sort(), Object.keys(english).sort(), name);
    assert.deepEqual(Object.keys(french.reasons), Object.keys(english.reasons), name);
    for (const [path, text] of leaves(french)) {
      assert.doesNotMatch(text, ENGLISH, `${name}: ${path}`);
      assert.doesNotMatch(text, FORBIDDEN, `${name}: ${path}`);
      assert.deepEqual(
        digits(text),
        digits(Object.fromEntries(leaves(english))[path]),
        `${name}: ${path}: the same figures`,
      );
    }
  }
});

test("a line that the server has no pattern for stays as it is", () => {
  assert.equal(problem("something else"), "something else");
  assert.equal(
    problem("Recorded by a hook; experts and their weights as the file has them."),
    "Enregistré par un crochet\u202f; experts et poids sont ceux du fichier.",
  );
});
