import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { usedTheme } from "../../../static/js/browser/media_preferences.js";
import { heatOf } from "../../../static/js/panels/data/heatmap.js";
import { coloursOf, GROUPS, PALETTE_NAMES, rolesOf, THEMES } from "../../../static/js/view/palettes.js";
import { contrast, DEFICIENCIES, distance, lightness, seenBy } from "../colour_vision.js";

const looks = THEMES.flatMap((theme) =>
  PALETTE_NAMES.map((palette) => ({ theme, palette, name: `${theme} ${palette}` })),
);

/** The colours of colours.css in a theme and palette: later rules win over earlier ones, two attributes over one. */
function colours({ theme, palette }) {
  const css = readFileSync(new URL("../../../static/css/colours.css", import.meta.url), "utf8");
  const rules = [...css.matchAll(/^((?::root|\[data-(?:theme|palette)="\w+"\])+) \{([^}]*)\}/gm)].map(
    ([, selector, body]) => ({ selector, body }),
  );
  const fits = ({ selector }) =>
    [...selector.matchAll(/data-(\w+)="(\w+)"/g)].every(
      ([, key, value]) => ({ theme, palette })[key] === value,
    );
  const weight = ({ selector }) => Math.max(2, selector.split("[").length);
  const found = rules.filter(fits).sort((a, b) => weight(a) - weight(b));
  return Object.fromEntries(
    found.flatMap(({ body }) =>
      [...body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]),
    ),
  );
}

const GROUNDS = ["ground", "dusk", "raised"];
const TEXTS = ["text", "strong", "past", "dim", "faint", "warm", "live", "authored", "trouble"];
const ON = [
  ["on-pressed", "pressed"],
  ["on-warm", "warm"],
  ["trouble-text", "trouble-ground"],
];
const MARKS = ["hot", "bar-fill", "tint-0", "tint-1", "tint-2", "tint-3", "tint-4", "tint-5"];

/** WCAG 2.2: 4.5 for text (1.4.3), 7 where a person asked for contrast (1.4.6), 3 for what is drawn (1.4.11). */
test("text and marks of every theme stand out from what is behind them", () => {
  for (const look of looks) {
    const found = colours(look);
    const least = look.theme === "contrast" ? 7 : 4.5;
    const pairs = /** @type {[string, string, number][]} */ ([
      ...TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground, least])),
      ...ON.map(([text, ground]) => [text, ground, least]),
      ...MARKS.flatMap((mark) => GROUNDS.map((ground) => [mark, ground, 3])),
    ]);
    for (const [front, behind, needed] of pairs) {
      const ratio = contrast(found[front], found[behind]);
      assert.ok(
        ratio >= needed,
        `${look.name}: --${front} ${found[front]} on --${behind} ${found[behind]}: ${ratio.toFixed(2)}, expected ${needed}`,
      );
    }
  }
});

test("the page and the scene have the same ground", () => {
  for (const look of looks)
    assert.equal(colours(look).ground, coloursOf(look.palette, look.theme).night, look.name);
});

test("style sheets name colours in one place", () => {
  const folder = new URL("../../../static/css/", import.meta.url);
  for (const name of readdirSync(folder).filter((each) => each !== "colours.css")) {
    const css = readFileSync(new URL(name, folder), "utf8").replaceAll(/#000\b|#0000\b/g, ""); // masks
    assert.deepEqual(css.match(/#[0-9a-fA-F]{3,8}\b/g), null, name);
  }
});

/**
 * Two colours differ by about 0.02 in OKLab where people just see it, side by side. What is chosen is looked for across a
 * dark scene and in thin lines, so it has to be ten times as far, and most of it in lightness, which every kind of colour
 * vision, a projector and a black-and-white print keep. What only has to be told apart nearby gets a third of that.
 */
const FAR = 0.2;
const APART = 0.07;
/** Six hues besides heat leave less room; each has a pattern too. */
const GROUP = 0.05;

test("chosen and unchosen stay apart for every kind of colour vision", () => {
  for (const { theme, palette, name } of looks) {
    const { background, unchosen, used, chosen, beam, token, refused } = rolesOf(palette, theme);
    const pairs = /** @type {Record<string, [string, string, number]>} */ ({
      chosen: [chosen, unchosen, FAR],
      beam: [beam, background, FAR],
      token: [token, background, FAR],
      used: [used, unchosen, APART],
      flash: [chosen, used, APART],
      refused: [refused, unchosen, APART],
      turned: [refused, beam, APART],
    });
    for (const [kind, see] of Object.entries(DEFICIENCIES)) {
      for (const [pair, [a, b, needed]] of Object.entries(pairs)) {
        const far = distance(seenBy(see, a), seenBy(see, b));
        assert.ok(
          far >= needed,
          `${name}, ${kind}: ${pair} ${a} and ${b} are ${far.toFixed(3)} apart, expected ${needed}`,
        );
      }
    }
  }
});

test("groups of tokens have the tints of the strip, apart from each other and from heat", () => {
  for (const { theme, palette, name } of looks) {
    const tints = colours({ theme, palette });
    assert.deepEqual(
      GROUPS[theme],
      [0, 1, 2, 3, 4, 5].map((i) => tints[`tint-${i}`]),
    );
    for (const [kind, see] of Object.entries(DEFICIENCIES)) {
      const seen = GROUPS[theme].map((hex) => seenBy(see, hex));
      const least = Math.min(
        ...seen.flatMap((one, i) => seen.slice(i + 1).map((other) => distance(one, other))),
      );
      assert.ok(least >= GROUP, `${name}, ${kind}: two groups are ${least.toFixed(3)} apart`);
    }
    if (palette !== "ember") continue; // the two others have other colours for heat, and patterns hold there
    const heat = seenBy(DEFICIENCIES.none, coloursOf(palette, theme).hot);
    for (const hex of GROUPS[theme])
      assert.ok(distance(seenBy(DEFICIENCIES.none, hex), heat) > 0.1, `${name}: ${hex}`);
  }
});

test("a heat map tells its steps apart by lightness alone, in every theme and palette", () => {
  for (const { theme, palette, name } of looks) {
    const steps = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => lightness(heatOf(palette, theme)(share)));
    const rises = steps.slice(1).map((step, i) => (step - steps[i]) * (theme === "light" ? -1 : 1));
    assert.ok(Math.min(...rises) >= 0.04, `${name}: ${steps.map((step) => step.toFixed(2))}`);
  }
});

test("a theme is the view's, unless the system asks for contrast or the page is printed", () => {
  const shown = (/** @type {boolean} */ contrast, /** @type {boolean} */ print) =>
    THEMES.map((theme) => usedTheme(theme, contrast, print));
  assert.deepEqual(shown(false, false), ["dark", "light", "contrast"]);
  assert.deepEqual(shown(true, false), ["contrast", "light", "contrast"]);
  assert.deepEqual(shown(true, true), ["light", "light", "light"]);
});
