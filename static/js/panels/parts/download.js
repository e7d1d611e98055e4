/**
 * Hands a file to the browser, as a link with `download` would.
 */

const KEPT_MS = 10_000; // some browsers read the address after the click has returned

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
