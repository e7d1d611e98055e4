import assert from "node:assert/strict";
import { test } from "node:test";
import {
  elementCode,
  frameCode,
  markdownCode,
  queryOf,
  requestPart,
} from "../../../static/js/embed/snippets.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";

const SITE = "https://example.org";

test("a responsive frame has a ratio, a fixed one its size, and both are lazy and titled", () => {
  const wide = frameCode(`${SITE}/embed?a=1&b=2`, "Code");
  const fixed = frameCode(`${SITE}/embed`, "Code", true);
  assert.match(wide, /style="width:100%;aspect-ratio:720\/450;min-height:420px;border:0"/);
  assert.doesNotMatch(wide, / width="/);
  assert.match(fixed, /width="720" height="450" style="max-width:100%;border:0"/);
  for (const code of [wide, fixed]) assert.match(code, /title="Moescope: Code".* loading="lazy"/);
  assert.match(wide, /src="https:\/\/example\.org\/embed\?a=1&amp;b=2"/);
});

test("the element has a key an attribute, those of a second stack too, and a button that changes something", () => {
  const code = elementCode(SITE, "?scenario=code&k=1&b.source=live&v=1", 'A "title"');
  assert.match(code, /src="https:\/\/example\.org\/static\/embed\.js"/);
  assert.match(
    code,
    /<moescope-embed scenario="code" k="1" b\.source="live" title="Moescope: A &quot;title&quot;"><\/moescope-embed>/,
  );
  assert.match(code, /set\(\{ k: 2 \}\)/);
  assert.match(elementCode(SITE, "?k=3", "x"), /set\(\{ k: 1 \}\)/);
});

test("a prompt that tries to leave its attribute stays in it", () => {
  const code = elementCode(SITE, `?prompt=${encodeURIComponent('"><script>x</script>')}`, "x");
  assert.match(code, /prompt="&quot;>&lt;script>x&lt;\/script>"/);
});

test("Markdown links the preview of what is asked for to the whole view", () => {
  const code = markdownCode(
    SITE,
    "?scenario=code&camera=top&b.k=4&lang=fr&v=1",
    "A [title]_\nof two lines",
    BOOT,
  );
  assert.equal(
    code,
    `[![A \\[title\\]\\_ of two lines](${SITE}/preview.png?scenario=code&b.k=4&lang=fr)](${SITE}/?scenario=code&camera=top&b.k=4&lang=fr&v=1)`,
  );
  assert.equal(requestPart("?camera=top&v=1", BOOT), "");
});

test("a link from the start leaves out where playback stands", () => {
  const state = { view: parseView("?scenario=code", BOOT).view, at: { token: 3, layer: 1 } };
  assert.match(queryOf(state, BOOT, "moment"), /token=4&layer=2/);
  assert.doesNotMatch(queryOf(state, BOOT, "start"), /token|layer/);
});

test("embed code keeps a title that tries to break out inside its attribute", () => {
  const code = frameCode('https://example.org/embed?a=1&b="2"', 'a "quoted" <b>title</b>');
  assert.match(code, /src="https:\/\/example\.org\/embed\?a=1&amp;b=&quot;2&quot;"/);
  assert.match(code, /title="Moescope: a &quot;quoted&quot; &lt;b>title&lt;\/b>"/);
  assert.match(code, /loading="lazy"/);
});
