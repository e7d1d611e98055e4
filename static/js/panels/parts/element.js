/**
 * Creates elements. Text is inserted as text, never as markup.
 */

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Returns an element. A property that starts with "on" is a listener; true sets an empty attribute; false and undefined
 * set none.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else attribute(element, name, value);
  }
  element.append(...children.filter(isNode));
  return element;
}

/** @param {Child} child @returns {child is Node | string} */
function isNode(child) {
  return child !== null && child !== undefined && child !== false;
}

/**
 * Sets an attribute if it differs, so that an update without a change costs little.
 * @param {Element} element
 * @param {string} name
 * @param {unknown} value  true: present; false, null or undefined: absent
 */
export function attribute(element, name, value) {
  if (value === false || value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * Sets the text if it differs.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets a custom property through the CSSOM, which a strict style policy allows.
 * @param {HTMLElement} element
 * @param {string} name  such as "--share"
 * @param {string | number} value
 */
export function setStyle(element, name, value) {
  const text = String(value);
  if (element.style.getPropertyValue(name) !== text) element.style.setProperty(name, text);
}

/**
 * Returns whether any of the parts changed since the last call, and remembers them: the guard at the top of an update.
 * @returns {(...parts: unknown[]) => boolean}
 */
export function changes() {
  /** @type {unknown[] | null} */
  let last = null;
  return (...parts) => {
    const same =
      last !== null && last.length === parts.length && parts.every((part, i) => Object.is(part, last?.[i]));
    last = parts;
    return !same;
  };
}

const KEPT_MS = 10_000; // some browsers read the URL after the click event

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
