/**
 * Starts an embed when it becomes visible, pauses it when it is scrolled away, and holds a WebGL context (browsers give
 * a page eight to sixteen) only while some of it is visible.
 *
 * @import {State} from "../types.js"
 * @import {Actions} from "../state/actions.js"
 * @import {Store} from "../state/store.js"
 */

/** The visible share that starts a frame. A started frame stays while any of it is visible. */
const ENOUGH = 0.15;
/** Milliseconds in a hidden tab after which the WebGL context is released. */
const LET_GO_MS = 4000;

/**
 * @param {object} parts
 * @param {Store<State>} parts.store
 * @param {{close: () => void}} parts.viewport
 * @param {Actions} parts.actions
 */
export function createFrameVisibility({ store, viewport, actions }) {
  let seen = false;
  /** Play when it becomes visible. */
  let wanted = false;
  let due = 0;

  function rest() {
    if (!store.get().playing) return;
    actions.pause();
    wanted = true;
  }
  function leave() {
    seen = false;
    rest();
  }
  /** @param {() => void} begin */
  function enter(begin) {
    seen = true;
    clearTimeout(due);
    begin();
    if (wanted) actions.play();
    wanted = false;
  }

  return {
    /** Plays on request of a host page, also while hidden. */
    play() {
      if (seen) actions.play();
      else wanted = true;
    },
    pause() {
      wanted = false;
      actions.pause();
    },
    /** @param {Element} element @param {() => void} begin  called whenever it becomes visible */
    watch(element, begin) {
      let inSight = false;
      const observer = new IntersectionObserver(
        ([{ isIntersecting, intersectionRatio }]) => {
          const now = isIntersecting && (inSight || intersectionRatio >= ENOUGH);
          if (now === inSight) return;
          inSight = now;
          if (!now) {
            leave();
            viewport.close();
          } else if (!document.hidden) enter(begin);
        },
        { threshold: [0, ENOUGH] },
      );
      observer.observe(element);
      document.addEventListener("visibilitychange", () => {
        if (!inSight) return;
        if (!document.hidden) return enter(begin);
        leave();
        due = window.setTimeout(viewport.close, LET_GO_MS);
      });
      store.subscribe(() => seen || rest());
    },
  };
}
