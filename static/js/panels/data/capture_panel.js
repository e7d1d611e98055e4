/**
 * What there is to say of the file on screen: its findings first, what is in it, how to keep it; and the folder of traces.
 *
 * @import {Boot, Finding, State, Trace} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 * @import {Report} from "../../api/captures.js"
 */

import { captures } from "../../api/captures.js";
import { numberOf, partOf } from "../../trace/window.js";
import { captureWords, words } from "../../words/words.js";
import { attribute, changes, download, h, setText } from "../parts/element.js";
import { icon, iconButton } from "../parts/icons.js";
import { createCounts } from "./expert_counts.js";
import { createFileComparison } from "./file_comparison.js";
import { addressOf, createLibrary } from "./trace_library.js";

/** @param {Finding} finding */
function findingRow({ code, level, message, layer, token }) {
  const place = captureWords.place(layer, token);
  return h(
    "li",
    { class: "capture-finding", "data-level": level },
    h("span", { class: "finding-level" }, captureWords.levels[level] ?? level),
    h("code", {}, code),
    place && h("span", { class: "finding-place" }, place),
    h("p", {}, message),
  );
}

/** The findings in words. @param {readonly Finding[]} findings */
function findingList(findings) {
  const sound = !findings.some(({ level }) => level !== "info");
  return h(
    "section",
    { class: "findings" },
    h("h3", {}, captureWords.findings),
    sound && h("p", { class: "finding-sound" }, captureWords.sound),
    h("ul", {}, ...findings.map(findingRow)),
  );
}

/** Which tokens the scene shows. @param {Trace} trace */
function partInWords(trace) {
  const { length } = trace.tokens;
  return captureWords.part(numberOf(trace, 0), numberOf(trace, length - 1), partOf(trace)?.of ?? length);
}

/** @param {Report} report */
function reportLines(report) {
  const { format, tokens, moe_layers: layers, experts, k, shown, name } = report;
  return [
    h("p", { class: "capture-name" }, name),
    format && layers && h("p", {}, captureWords.what(format, tokens, layers.length, experts, k)),
    shown !== undefined && !!tokens && shown < tokens && h("p", {}, captureWords.beginning(shown, tokens)),
  ];
}

/**
 * @param {HTMLElement} host
 * @param {Actions} actions
 * @param {Boot} boot
 * @param {{wake: () => void, play: () => void, observe: () => void, other: () => State | null}} page   play: what is held takes
 *   the place of what is on screen; other: the state of the second stack
 */
export function createCapturePanel(host, actions, boot, { wake, play, observe, other }) {
  const body = h("div", { class: "capture-body" });
  const close = iconButton("close", words.close, () => actions.closeTopmost(), "small");
  const picker = h("input", {
    type: "file",
    multiple: true,
    class: "sr-only",
    tabindex: -1,
    "aria-hidden": "true",
  });
  const element = h(
    "aside",
    { class: "capture-panel", hidden: true, "data-inset": true, "aria-label": captureWords.title },
    h("div", { class: "panel-head" }, h("h2", { class: "panel-title" }, captureWords.title), close),
    body,
    picker,
  );
  const button = h(
    "button",
    {
      type: "button",
      class: "tool tool-files",
      "aria-expanded": "false",
      onclick: () => actions.toggleOverlay("files"),
    },
    icon("plus"),
    h("span", { class: "tool-word" }, captureWords.open),
  );
  host.append(element);
  let trace = "";
  const library = createLibrary({
    shown: () => trace,
    pair: (name) =>
      captures.held() && (() => actions.compare({ a: {}, b: { source: "trace", trace: name } })),
    counts: (name) => void captures.counts(name).then(wake),
  });
  const problem = h("p", { class: "readout", role: "status" });
  picker.addEventListener("change", () => void take([...(picker.files ?? [])]));

  /** @param {boolean} open */
  function show(open) {
    element.hidden = !open;
    attribute(button, "aria-expanded", String(open));
    if (open) void library.ask();
    else library.stop();
    observe();
  }
  /** @param {readonly File[]} files */
  async function take(files) {
    if (!files.length) return;
    actions.openFiles();
    const reading = captures.take(files);
    wake();
    await reading;
    if (captures.get().state === "shown") play();
    if (captures.second()) comparison.showSecond();
    wake();
  }
  /** @param {number} choice */
  async function choose(choice) {
    await captures.choose(choice);
    if (captures.get().state === "shown") play();
    wake();
  }
  function putAway() {
    captures.clear();
    play();
    wake();
  }
  /** @param {() => Promise<void> | void} run */
  async function attempt(run) {
    setText(problem, "");
    try {
      await run();
    } catch (error) {
      setText(problem, words.saveFailed(error instanceof Error ? error.message : String(error)));
    }
  }
  /** What can be done with the file that is held. @param {boolean} told  the panel tells of it, and of no other */
  function keeping(told) {
    const held = captures.held();
    if (!held) return null;
    const name = held.report.name.replace(/^.*\//, "");
    const press = (/** @type {string} */ label, /** @type {() => Promise<void> | void} */ run) =>
      h("button", { type: "button", class: "secondary", onclick: () => attempt(run) }, label);
    const save = told && [
      h("p", { class: "caption" }, captureWords.kept),
      press(captureWords.saveTrace, () => download(held.file, `${name}.safetensors`)),
      press(captureWords.savePage, async () => download(await captures.page(), `${name}.html`)),
    ];
    return h("div", { class: "capture-keeping" }, ...(save || []), press(captureWords.putAway, putAway));
  }
  /** @param {Report} report */
  function choices({ choices: all = 1, choice: at = 0 }) {
    if (all < 2) return null;
    const options = Array.from({ length: Math.min(all, 200) }, (_, i) =>
      h("option", { value: i, selected: i === at }, captureWords.answer(i + 1, all)),
    );
    const select = h("select", {}, ...options);
    select.addEventListener("change", () => void choose(Number(select.value)));
    return select;
  }

  /** The panel is to be laid out again, though the state is the same. */
  let version = 0;
  function lay() {
    version++;
    wake();
  }
  const comparison = createFileComparison(actions, boot, { other, play, found: actions.openFiles, lay });

  const changed = changes();
  const found = changes();
  const openChanged = changes();
  /** @param {State} state @returns {(Node | null | false | undefined | "")[]} */
  function parts(state) {
    const { state: now, report, problem: why } = captures.get();
    const origin = state.trace?.origin;
    const findings = report && now !== "none" ? report.findings : origin?.findings;
    const needs = findings?.some(({ code }) => code === "needs-facts");
    return [
      now === "reading" && h("p", { role: "status" }, captureWords.reading),
      why && h("p", { class: "capture-finding", "data-level": "error" }, captureWords.refused(why)),
      partOf(state.trace) && h("p", {}, partInWords(/** @type {Trace} */ (state.trace))),
      findings && findingList(findings),
      needs && h("p", {}, captureWords.addConfig),
      ...(report ? reportLines(report) : []),
      report && choices(report),
      now === "counts" && report && createCounts(report, { palette: state.view.palette, theme: state.theme }),
      ...comparison.parts(),
      ...comparison.offers(state),
      keeping(now === "shown"),
      trace && h("a", { href: addressOf(trace) }, captureWords.link),
      problem,
      h("p", { class: "caption" }, captureWords.about),
      h("button", { type: "button", class: "secondary", onclick: () => picker.click() }, captureWords.choose),
      library.element,
    ];
  }
  return {
    button,
    take,
    /** @param {State} state */
    update(state) {
      const origin = state.trace?.origin;
      trace = captures.held() ? "" : (origin?.trace ?? "");
      attribute(document.documentElement, "data-file", origin?.file !== undefined);
      comparison.update(state);
      if (found(origin?.trace ?? origin?.findings) && origin?.findings?.length) actions.openFiles();
      const { view, theme, overlay } = state;
      if (openChanged(overlay === "files")) show(overlay === "files");
      if (!changed(captures.get(), captures.held(), origin, theme, view.palette, view.b, version)) return;
      const search = document.activeElement;
      body.replaceChildren(...parts(state).filter((part) => part instanceof Node));
      if (search instanceof HTMLElement && search.isConnected) search.focus();
    },
    dispose: () => element.remove(),
  };
}
