/**
 * Scenes among many embeds. A browser keeps eight to sixteen WebGL contexts and takes the oldest away when another is asked
 * for. An embed that lost its scene so opens it again when another gives its own back: embeds of one site tell each other.
 *
 * @import {State} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

/** Some browsers restore a context themselves, and soon. Those that wait answer at different times: one room is taken by one. */
const WAIT_MS = { least: 500, spread: 500 };

/**
 * @param {object} parts
 * @param {Store<State>} parts.store
 * @param {() => void} parts.reopen   opens a scene that was lost
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
  /** Scenes given back by others since this one was lost, less those opened. */
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
    if (scene === "lost" && playing && !before.playing) reopen(); // a person asks for this one
    if (scene === before.scene) return;
    free = 0;
    if (scene === "shown") channel.postMessage("opened");
    if (before.scene === "shown" && scene === "waiting") channel.postMessage("given back");
  });
  return {
    /** The frame goes away, its scene with it. */
    leave: () => store.get().scene === "shown" && channel.postMessage("given back"),
  };
}
