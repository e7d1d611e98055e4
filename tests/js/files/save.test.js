import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName } from "../../../static/js/files/save.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";

test("a file of two stacks says so in its name", () => {
  assert.equal(fileName(parseView("?scenario=code&k=3", BOOT).view, "csv"), "moescope-code-authored-8x3.csv");
  assert.equal(
    fileName(parseView("?scenario=code&b.k=3", BOOT).view, "png"),
    "moescope-code-authored-8x2-compared.png",
  );
});
