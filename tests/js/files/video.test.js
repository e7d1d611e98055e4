import assert from "node:assert/strict";
import { test } from "node:test";
import { filmFormat, filmSpeed } from "../../../static/js/files/video.js";

test("a long pass is recorded faster, as far as playback goes", () => {
  assert.deepEqual(
    [filmSpeed(12, 1), filmSpeed(12, 2), filmSpeed(45, 1), filmSpeed(4000, 1)],
    [1, 2, 1.5, 10],
  );
});

test("without a recorder there is no format", () => assert.equal(filmFormat(), ""));
