/**
 * The link as a QR code: a button, and a large code on a white ground.
 */

import { isLocal, qrCode } from "../../files/qr_code.js";
import { words } from "../../words/words.js";
import { attribute, h, setText } from "../parts/element.js";
import { iconButton } from "../parts/icons.js";

const SVG = "http://www.w3.org/2000/svg";

export function createQr() {
  const picture = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  picture.append(path);
  for (const [name, value] of [
    ["class", "qr"],
    ["role", "img"],
    ["shape-rendering", "crispEdges"],
  ])
    picture.setAttribute(name, value);
  const heading = h("h2", { class: "qr-title" });
  const link = h("p", { class: "qr-link" });
  const remark = h("p", { class: "qr-remark", role: "status" });
  const close = iconButton("close", words.close, () => dialog.close(), "qr-close");
  const dialog = h("dialog", { class: "qr-dialog" }, heading, picture, link, remark, close);
  const button = h("button", { type: "button", class: "secondary", "aria-haspopup": "dialog" }, words.qrCode);
  let text = "";

  function draw() {
    const code = qrCode(text);
    attribute(picture, "hidden", !code);
    if (code) {
      attribute(picture, "viewBox", `0 0 ${code.size} ${code.size}`);
      attribute(path, "d", code.path);
    }
    setText(link, text);
    setText(remark, code ? (isLocal(text) ? words.qrLocal : "") : words.qrTooLong);
  }
  button.addEventListener("click", () => {
    draw();
    dialog.showModal();
  });
  // Escape closes the code; the page gets no keys.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return {
    button,
    element: dialog,
    /** @param {string} address @param {string} title */
    update(address, title) {
      text = address;
      setText(heading, title);
      attribute(picture, "aria-label", words.qrFor(title));
      attribute(dialog, "aria-label", words.qrFor(title));
      if (dialog.open) draw();
    },
  };
}
