import assert from "node:assert/strict";
import { test } from "node:test";
import { inRow, layOut, tooLarge } from "../../../static/js/files/picture.js";

test("boxes lie on a canvas as on the page, whose sides are even", () => {
  const boxes = [
    { left: 100, top: 50, width: 401, height: 301 },
    { left: 501, top: 50, width: 400, height: 301 },
  ];
  const { width, height, areas } = layOut(boxes, 1);
  assert.deepEqual([width, height], [802, 302]);
  assert.deepEqual(areas[1], { left: 401, top: 0, width: 400, height: 301 });
  assert.deepEqual(
    inRow(2, 1280, 720).map(({ left, width: each }) => [left, each]),
    [
      [0, 640],
      [640, 640],
    ],
  );
});

test("a picture beyond the graphics card is refused with the size that fits", () => {
  assert.equal(tooLarge({ width: 1280, height: 720 }, 4, 6), "");
  assert.match(tooLarge({ width: 2560, height: 1440 }, 4, 3.2), /^10240 × 5760 pixels .*choose 2×$/);
  assert.match(tooLarge({ width: 4000, height: 3000 }, 4, 100), /choose 1×/);
  assert.match(tooLarge({ width: 9000, height: 9000 }, 1, 100), /make the window smaller/);
});
