/**
 * Shares WebGL contexts among embeds. A browser keeps eight to sixteen contexts and drops the oldest for a new one. An
 * embed that lost its scene reopens it when another embed of the same site releases its own.
 *
 * @import {State} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

/**
 * Some browsers restore a context themselves within this time. The random spread lets only one embed take a released
 * context.
 */
const WAIT_MS = { least: 500, spread: 500 };

/**
 * @param {object} parts
 * @param {Store<State>} parts.store
 * @param {() => void} parts.reopen   reopens a lost scene
 * @param {Pick<BroadcastChannel, "postMessage" | "onmessage">} parts.channel
 * @param {() => number} [parts.random]
 * @param {(callback: () => void, ms: number) => any} [parts.setTimeout]
 */
export function shareScenes({
  store,
  reopen,
  channel,
  random = Math.random,
  setTimeout: later = setTimeout,
}) {
  /** Scenes released by others since this one was lost, minus those opened. */
  let free = 0;
  let due = false;

  function take() {
    due = false;
    if (free > 0 && store.get().scene === "lost") reopen();
  }
  channel.onmessage = ({ data }) => {
    if (store.get().scene !== "lost") return;
    free = Math.max(0, free + (data === "given back" ? 1 : -1));
    if (free === 0 || due) return;
    due = true;
    later(take, WAIT_MS.least + random() * WAIT_MS.spread);
  };
  store.subscribe(({ scene, playing }, before) => {
    if (scene === "lost" && playing && !before.playing) reopen(); // a user plays this embed
    if (scene === before.scene) return;
    free = 0;
    if (scene === "shown") channel.postMessage("opened");
    if (before.scene === "shown" && scene === "waiting") channel.postMessage("given back");
  });
  return {
    /** Announces that the frame and its scene are gone. */
    leave: () => store.get().scene === "shown" && channel.postMessage("given back"),
  };
}
