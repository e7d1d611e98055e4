import assert from "node:assert/strict";
import { test } from "node:test";
import { isLocal, qrCode } from "../../../static/js/files/qr_code.js";

const SITE = "https://example.org";

test("a QR code has its quiet zone, and a text too long for any has none", () => {
  const code = qrCode(`${SITE}/?scenario=code`);
  assert.ok(code && code.size >= 21 + 8);
  for (const [, x, y, length] of /** @type {any} */ (code).path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    assert.ok(
      Number(x) >= 4 && Number(y) >= 4 && Number(x) + Number(length) <= /** @type {any} */ (code).size - 4,
    );
  }
  assert.equal(qrCode("x".repeat(2954)), null);
  assert.ok(qrCode("x".repeat(2953)));
  assert.equal(qrCode("é".repeat(1477)), null);
});

test("an address of this machine alone is known as one", () => {
  for (const local of ["http://127.0.0.1:8000/", "http://localhost/", "http://[::1]:8000/"])
    assert.ok(isLocal(local), local);
  for (const other of ["https://example.org/", "http://192.168.1.5:8000/", "http://localhost.example.org/"])
    assert.ok(!isLocal(other), other);
});
