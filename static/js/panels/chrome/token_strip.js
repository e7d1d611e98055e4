/**
 * The prompt as a strip of tokens. The shape of its underline, and its tint, show the group of a token.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State, Token} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { groupsOf, patternOf } from "../../trace/token_groups.js";
import { firstOf } from "../../trace/window.js";
import { opensWithSpace } from "../../words/format.js";
import { bytesOf, shownToken } from "../../words/token_text.js";
import { words } from "../../words/words.js";
import { createCapacityLegend } from "../parts/capacity_legend.js";
import { attribute, changes, h, setText } from "../parts/element.js";

/** Returns the displayed names of groups: those of the scenario, or of the page. @param {Boot} boot @param {string} scenario */
export function groupNames(boot, scenario) {
  const own = boot.scenarios.find(({ name }) => name === scenario)?.group_names;
  return (/** @type {string} */ group) => own?.[group] ?? words.groupNames[group] ?? group;
}

/** Returns the details of a token: its text in quotes, its id and its bytes. @param {Token} token */
export function tokenDetails({ text, id }) {
  const bytes = bytesOf(text);
  return [bytes || `“${text}”`, id === undefined ? "" : words.tokenId(id)].filter(Boolean).join(" · ");
}

/** @param {readonly Token[]} tokens @param {number} index @param {readonly string[]} groups @param {(group: string) => string} named @param {number} first  its index in the whole */
function createToken(tokens, index, groups, named, first) {
  const { text, group, written } = tokens[index];
  return h(
    "button",
    {
      type: "button",
      class: "token",
      "data-token": index,
      "data-shape": group ? patternOf(group, groups) : undefined,
      "data-spaced": opensWithSpace(text),
      "data-written": written,
      "aria-label": words.tokenName(
        bytesOf(text) ? shownToken(tokens, index) : text,
        first + index + 1,
        written ? words.written : group && named(group),
      ),
      title: tokenDetails(tokens[index]),
      translate: "no",
      tabindex: -1,
    },
    h("span", { class: "token-text" }, shownToken(tokens, index) || `#${first + index + 1}`),
  );
}

/** @param {HTMLElement} host  @param {Actions} actions @param {Boot} boot */
export function createTokens(host, actions, boot) {
  const strip = h("div", {
    class: "strip",
    role: "toolbar",
    "aria-label": words.strip,
    title: words.stripHint,
  });
  const legend = h("ul", { class: "legend" });
  const toggle = createColourToggle(actions);
  const capacity = createCapacityLegend();
  host.append(strip, h("div", { class: "legends" }, capacity.element, legend));
  listen(strip, actions);
  /** @type {HTMLButtonElement[]} */
  let buttons = [];
  /** @type {readonly Token[]} */
  let laidOut = [];
  const laid = changes();
  const marked = changes();
  /** The current token, which stays in view when the strip loses width to its neighbour. @type {HTMLElement | undefined} */
  let current;
  const resized = new ResizeObserver(() => reveal(strip, current));
  resized.observe(strip);

  /** @param {readonly Token[]} tokens @param {(group: string) => string} named @param {number} first  index of the first token in the whole */
  function lay(tokens, named, first) {
    const groups = groupsOf(tokens);
    const goesOn =
      laidOut.length > 0 &&
      laidOut.length < tokens.length &&
      laidOut.every((token, index) => token === tokens[index]);
    const more = tokens
      .slice(goesOn ? laidOut.length : 0)
      .map((_, i) => createToken(tokens, goesOn ? laidOut.length + i : i, groups, named, first));
    buttons = goesOn ? [...buttons, ...more] : more;
    laidOut = tokens;
    if (goesOn) strip.append(...more);
    else strip.replaceChildren(...more);
    if (!goesOn && buttons[0]) buttons[0].tabIndex = 0;
    layLegend(
      groups,
      named,
      tokens.some(({ written }) => written),
    );
  }

  /** @param {readonly string[]} groups @param {(group: string) => string} named @param {boolean} written  some tokens are generated */
  function layLegend(groups, named, written) {
    const items =
      groups.length < 2
        ? []
        : groups.map((group) => h("li", { "data-shape": patternOf(group, groups) }, named(group)));
    if (items.length) items.push(h("li", { class: "legend-toggle" }, toggle.element));
    if (written) items.push(h("li", { "data-written": true }, words.written));
    legend.replaceChildren(...items);
    attribute(legend, "hidden", !items.length);
  }

  return {
    /** @param {State} state */
    update(state) {
      const { trace, at, view, hover } = state;
      capacity.update(state);
      const tokens = trace?.tokens;
      toggle.update(view);
      if (tokens && laid(tokens)) lay(tokens, groupNames(boot, view.scenario), firstOf(trace));
      const received = trace?.received ?? 0;
      const pointed = hover && "token" in hover ? hover.token : null;
      const all = view.mode === "all" && at.token >= 0;
      if (!marked(tokens, received, at.token, all, view.path, pointed)) return;
      mark(buttons, { received, all, current: at.token, path: view.path, pointed });
      current = buttons[all ? (view.path ?? at.token) : at.token];
      reveal(strip, current);
    },
    dispose() {
      resized.disconnect();
      host.replaceChildren();
    },
  };
}

/** The switch between groups and heat as colours of trails and caps. @param {Actions} actions */
function createColourToggle(actions) {
  const mark = h("span", { class: "colour-mark", "aria-hidden": "true" });
  const word = h("span", { class: "colour-word" });
  const element = h(
    "button",
    { type: "button", class: "colour-toggle", title: words.colourHint },
    mark,
    word,
  );
  /** @type {State["view"]["colour"]} */
  let now = "group";
  element.addEventListener("click", () => actions.setView({ colour: now === "heat" ? "group" : "heat" }));
  return {
    element,
    /** @param {State["view"]} view */
    update({ colour = "group" }) {
      now = colour;
      attribute(element, "data-colour", now);
      setText(word, now === "heat" ? words.showGroups : words.showHeat);
    },
  };
}

/**
 * @param {readonly HTMLButtonElement[]} buttons
 * @param {{received: number, all: boolean, current: number, path: number | null, pointed: number | null}} marks
 */
function mark(buttons, { received, all, current, path, pointed }) {
  buttons.forEach((button, index) => {
    const standing = all || index === current;
    attribute(button, "aria-current", standing ? "true" : null);
    attribute(button, "aria-pressed", index === path ? "true" : null);
    attribute(button, "data-pointed", index === pointed);
    attribute(button, "data-spoken", all && index === (path ?? current)); // the one of the decision
    attribute(
      button,
      "data-state",
      all ? "all" : standing ? "now" : index >= received ? "unrouted" : index < current ? "past" : "next",
    );
  });
}

/** Scrolls a token into view, without scrolling the page. @param {HTMLElement} strip @param {HTMLElement | undefined} token */
function reveal(strip, token) {
  if (!token || strip.matches(":hover")) return;
  const room = 48;
  const left = token.offsetLeft - strip.offsetLeft;
  if (
    left < strip.scrollLeft + room ||
    left + token.offsetWidth > strip.scrollLeft + strip.clientWidth - room
  ) {
    strip.scrollLeft = left - strip.clientWidth / 2 + token.offsetWidth / 2;
  }
}

/** @param {HTMLElement} strip @param {Actions} actions */
function listen(strip, actions) {
  const tokenAt = (/** @type {Event} */ event) => {
    const button = /** @type {Element} */ (event.target).closest?.("[data-token]");
    return button instanceof HTMLElement ? Number(button.dataset.token) : null;
  };
  const point = (/** @type {Event} */ event) => {
    const token = tokenAt(event);
    actions.hover(token === null ? null : { token });
  };
  strip.addEventListener("pointerover", (event) => event.pointerType !== "touch" && point(event));
  strip.addEventListener("pointerleave", () => actions.hover(null));
  strip.addEventListener(
    "focusin",
    (event) => /** @type {Element} */ (event.target).matches(":focus-visible") && point(event),
  );
  strip.addEventListener("focusout", () => actions.hover(null));
  strip.addEventListener("keydown", rove);
  strip.addEventListener("click", (event) => {
    const token = tokenAt(event);
    if (token !== null) actions.chooseToken(token);
  });
}

/** Keeps one tab stop for the whole strip; arrow keys move inside it. @param {KeyboardEvent} event */
function rove(event) {
  const here = /** @type {HTMLElement} */ (event.target);
  const strip = /** @type {HTMLElement} */ (event.currentTarget);
  const beside = {
    ArrowRight: here.nextElementSibling,
    ArrowLeft: here.previousElementSibling,
    Home: strip.firstElementChild,
    End: strip.lastElementChild,
  }[event.key];
  if (!(beside instanceof HTMLElement)) return;
  event.preventDefault();
  event.stopPropagation();
  here.tabIndex = -1;
  beside.tabIndex = 0;
  beside.focus();
}
