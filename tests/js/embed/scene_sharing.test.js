import assert from "node:assert/strict";
import { test } from "node:test";
import { shareScenes } from "../../../static/js/embed/scene_sharing.js";
import { createStore } from "../../../static/js/state/store.js";

/** Embeds of one page on one channel; timers run when `pass` is called, those that wait least first. @param {number} count */
function embeds(count) {
  /** @type {{port: any, store: any, opened: number}[]} */
  const all = [];
  /** @type {{act: () => void, ms: number}[]} */
  let timers = [];
  for (let i = 0; i < count; i++) {
    const store = createStore(/** @type {any} */ ({ scene: "shown", playing: true }));
    const embed = { store, opened: 0, port: /** @type {any} */ (null) };
    embed.port = {
      postMessage: (/** @type {string} */ data) =>
        all.filter((each) => each !== embed).forEach(({ port }) => port.onmessage({ data })),
      onmessage: null,
    };
    shareScenes({
      store,
      channel: embed.port,
      reopen() {
        embed.opened++;
        store.set({ scene: "waiting" });
        store.set({ scene: "shown" });
      },
      random: () => i / count,
      setTimeout: (act, ms) => timers.push({ act, ms }),
    });
    all.push(embed);
  }
  return {
    all,
    pass() {
      const due = timers.sort((a, b) => a.ms - b.ms);
      timers = [];
      for (const { act } of due) act();
    },
  };
}

test("one scene given back is opened by one of those that lost theirs", () => {
  const { all, pass } = embeds(4);
  for (const each of all.slice(0, 3)) each.store.set({ scene: "lost" });
  all[3].store.set({ scene: "waiting" });
  pass();
  assert.deepEqual(
    all.map(({ opened }) => opened),
    [1, 0, 0, 0],
  );
});

test("two scenes given back are opened by two", () => {
  const { all, pass } = embeds(5);
  for (const each of all.slice(0, 3)) each.store.set({ scene: "lost" });
  all[3].store.set({ scene: "waiting" });
  all[4].store.set({ scene: "waiting" });
  pass();
  assert.deepEqual(
    all.map(({ opened }) => opened),
    [1, 1, 0, 0, 0],
  );
});

test("a scene that another embed opens meanwhile is not waited for", () => {
  const { all, pass } = embeds(3);
  all[0].store.set({ scene: "lost" });
  all[1].store.set({ scene: "waiting" });
  all[1].store.set({ scene: "shown" });
  pass();
  assert.equal(all[0].opened, 0);
});

test("a scene lost while another was given back long before waits", () => {
  const { all, pass } = embeds(2);
  all[1].store.set({ scene: "waiting" });
  all[0].store.set({ scene: "lost" });
  pass();
  assert.equal(all[0].opened, 0);
});

test("a person who plays a lost scene gets it", () => {
  const { all } = embeds(1);
  all[0].store.set({ scene: "lost" });
  all[0].store.set({ playing: false });
  assert.equal(all[0].opened, 0);
  all[0].store.set({ playing: true });
  assert.equal(all[0].opened, 1);
});
