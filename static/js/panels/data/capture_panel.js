/**
 * The panel of files: findings on the file on screen, its content, saving; and the folder of traces.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {Finding, State, Trace} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 * @import {Report} from "../../api/captures.js"
 */

import { captures } from "../../api/captures.js";
import { numberOf, partOf } from "../../trace/window.js";
import { captureWords, words } from "../../words/words.js";
import { attribute, changes, h } from "../parts/element.js";
import { icon, iconButton } from "../parts/icons.js";
import { createCaptureControls } from "./capture_controls.js";
import { createCounts } from "./expert_counts.js";
import { createFileTaking } from "./taking_files.js";
import { createFileComparison } from "./file_comparison.js";
import { addressOf, createLibrary } from "./trace_library.js";

/** @param {Finding} finding */
function findingRow({ code, level, message, layer, token }) {
  const place = captureWords.place(layer, token);
  const told = words.problem(message);
  const meaning = told === message ? captureWords.meaning(code) : "";
  return h(
    "li",
    { class: "capture-finding", "data-level": level },
    h("span", { class: "finding-level" }, captureWords.levels[level] ?? level),
    h("code", {}, code),
    place && h("span", { class: "finding-place" }, place),
    meaning && h("p", {}, meaning),
    h("p", meaning ? { class: "caption", lang: "en" } : {}, told),
  );
}

/** Returns the findings as a list. @param {readonly Finding[]} findings */
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

/** Returns the range of tokens in the scene, in words. @param {Trace} trace */
function partInWords(trace) {
  const { length } = trace.tokens;
  return captureWords.part(numberOf(trace, 0), numberOf(trace, length - 1), partOf(trace)?.of ?? length);
}

/** @param {Report} report */
function reportLines(report) {
  const { format, tokens, moe_layers: layers, experts, k, exported, name } = report;
  return [
    h("p", { class: "capture-name" }, name),
    format && layers && h("p", {}, captureWords.what(format, tokens, layers.length, experts, k)),
    !!exported && !!tokens && exported < tokens && h("p", {}, captureWords.beginning(exported, tokens)),
  ];
}

/** Returns the input that opens the file dialog. @param {(files: File[]) => void} take */
function filePicker(take) {
  const picker = h("input", {
    type: "file",
    multiple: true,
    class: "sr-only",
    tabindex: -1,
    "aria-hidden": "true",
  });
  picker.addEventListener("change", () => {
    if (picker.files?.length) take([...picker.files]);
    picker.value = "";
  });
  return picker;
}

/** @param {Actions} actions */
function filesButton(actions) {
  return h(
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
}

/** @param {Actions} actions @param {HTMLElement} body @param {HTMLElement} picker */
function panelOf(actions, body, picker) {
  const close = iconButton("close", words.close, () => actions.closeTopmost(), "small");
  return h(
    "aside",
    { class: "capture-panel", hidden: true, "data-inset": true, "aria-label": captureWords.title },
    h("div", { class: "panel-head" }, h("h2", { class: "panel-title" }, captureWords.title), close),
    body,
    picker,
  );
}

/** Returns what the panel says of the file on screen. @param {State} state @param {ReturnType<typeof createCaptureControls>} controls */
function fileParts({ trace, view, theme }, controls) {
  const { state: now, report, problem: why, ignored } = captures.get();
  const findings = report && now !== "none" ? report.findings : trace?.origin.findings;
  const needs = findings?.some(({ code }) => code === "needs-facts");
  return [
    now === "reading" && h("p", { role: "status" }, captureWords.reading),
    why && h("p", { class: "capture-finding", "data-level": "error" }, captureWords.refused(why)),
    trace && partOf(trace) && h("p", {}, partInWords(trace)),
    findings && findingList(findings),
    ignored.length > 0 && h("p", {}, captureWords.ignored(ignored)),
    needs && h("p", {}, captureWords.addConfig),
    ...(report ? reportLines(report) : []),
    report && controls.answerMenu(report),
    now === "counts" && report && createCounts(report, { palette: view.palette, theme }),
  ];
}

/**
 * @param {HTMLElement} host
 * @param {Actions} actions
 * @param {Boot} boot
 * @param {{wake: () => void, play: () => void, observe: () => void, other: () => State | null}} page   play: the dropped file
 *   replaces the trace on screen; other: the state of the second stack
 */
export function createCapturePanel(host, actions, boot, { wake, play, observe, other }) {
  const body = h("div", { class: "capture-body" });
  const picker = filePicker((files) => void take(files));
  const element = panelOf(actions, body, picker);
  const button = filesButton(actions);
  host.append(element);
  let trace = "";
  const library = createLibrary({
    shown: () => trace,
    pair: (name) =>
      captures.held() && (() => actions.compare({ a: {}, b: { source: "trace", trace: name } })),
    counts: (name) => void captures.counts(name).then(wake),
  });
  const controls = createCaptureControls({ wake, play });

  /** Increased to build the panel again for an equal state. */
  let version = 0;
  function lay() {
    version++;
    wake();
  }
  const comparison = createFileComparison(actions, boot, { other, play, found: actions.openFiles, lay });

  /** @param {boolean} open */
  function show(open) {
    element.hidden = !open;
    attribute(button, "aria-expanded", String(open));
    if (open) void library.ask();
    else library.stop();
    observe();
  }
  /** @param {readonly File[]} files @param {readonly File[]} ignored */
  async function read(files, ignored) {
    actions.openFiles();
    const reading = captures.take(files, ignored);
    wake();
    await reading;
    if (captures.get().state === "shown") play();
    if (captures.second()) comparison.showSecond();
    wake();
  }
  const take = createFileTaking(actions, wake, read);

  const changed = changes();
  const found = changes();
  const openChanged = changes();
  /** @param {State} state @returns {(Node | null | false | undefined | "")[]} */
  const parts = (state) => [
    ...fileParts(state, controls),
    ...comparison.parts(),
    ...comparison.offers(state),
    controls.buttons(captures.get().state === "shown"),
    trace && h("a", { href: addressOf(trace) }, captureWords.link),
    controls.problem,
    h("p", { class: "caption" }, captureWords.about),
    h("button", { type: "button", class: "secondary", onclick: () => picker.click() }, captureWords.choose),
    library.element,
  ];
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
