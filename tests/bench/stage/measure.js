/**
 * Draws frames of a made-up routing with the clock stepped by hand, and answers what one costs.
 */
import { createTimeline } from "/static/js/playback/timeline.js";
import { createScene } from "/static/js/scene/scene.js";
import { createNaive } from "/tests/bench/stage/naive.js";

const FRAMES = 240;
const STEP = 1 / 30; // seconds of playback a frame

/** 0 to 1, the same each time. */
function seeded(seed) {
  let state = seed;
  return () => (state = (1664525 * state + 1013904223) % 2 ** 32) / 2 ** 32;
}

/** A trace in which neighbours on the ring like the same tokens. */
function traceOf(layers, experts, topK, count) {
  const random = seeded(1);
  const scores = new Uint8Array(count * layers * experts);
  const chosen = new Uint16Array(count * layers * topK);
  const weights = new Float32Array(count * layers * topK).fill(1 / topK);
  for (let row = 0; row < count * layers; row++) {
    const centre = random();
    const of = Array.from({ length: experts }, (_, i) => {
      const off = Math.abs(((i / experts - centre + 1.5) % 1) - 0.5);
      return Math.exp(-40 * off * off) * (0.5 + 0.5 * random());
    });
    scores.set(
      of.map((score) => 255 * Math.sqrt(score)),
      row * experts,
    );
    chosen.set(
      of
        .map((score, i) => [score, i])
        .sort((a, b) => b[0] - a[0])
        .slice(0, topK)
        .map(([, i]) => i),
      row * topK,
    );
  }
  const tokens = Array.from({ length: count }, (_, i) => ({ text: ` t${i}` }));
  const dropped = new Uint8Array(chosen.length);
  const model = { layers, experts, top_k: topK };
  return {
    id: `${layers} ${experts}`,
    model,
    tokens,
    scores,
    experts: chosen,
    weights,
    dropped,
    received: count,
    complete: true,
  };
}

/** Drawing is counted and left out: what remains is JavaScript. */
function countDraws() {
  const counted = { calls: 0 };
  for (const name of ["drawElements", "drawArrays", "drawElementsInstanced", "drawArraysInstanced"]) {
    WebGL2RenderingContext.prototype[name] = () => counted.calls++;
  }
  return counted;
}

/** A scene of either kind on the page's canvas, and its first frame, not drawn yet. */
function prepare(kind, [layers, experts, topK, tokens, mode]) {
  const canvas = document.querySelector("canvas");
  const trace = traceOf(layers, experts, topK, tokens);
  const timeline = createTimeline(mode, tokens, layers);
  const scene = kind === "stage" ? createScene(canvas, { antialias: false }) : createNaive(canvas);
  scene.setSize(innerWidth, innerHeight, 1, { top: 0, right: 0, bottom: 0, left: 0 });
  const view = { camera: "orbit", layer: 0, path: null, tower: null, still: false };
  return { canvas, scene, frame: { trace, timeline, time: 0, wall: 0, ...view } };
}

window.prepare = prepare;
window.measure = (kind, shape) => {
  const counted = countDraws();
  const { scene, frame } = prepare(kind, shape);
  const start = performance.now();
  scene.setModel?.(frame.trace.model); // the naive one; ours builds its stack when it first draws
  scene.draw(frame);
  const build = performance.now() - start;
  const begin = 0.35 * frame.timeline.duration;
  /** Draws the frames; with the scripts interpreted at first, compiled the second time, as after seconds of watching. */
  const draw = (each) => {
    frame.time = begin;
    for (let i = 0; i < FRAMES; i++) {
      frame.time = Math.min(frame.timeline.duration, frame.time + STEP);
      frame.wall += STEP;
      counted.calls = 0;
      const before = performance.now();
      scene.draw({ ...frame });
      each(performance.now() - before);
    }
  };
  draw(() => {});
  scene.stats();
  const times = [];
  let calls = 0;
  draw((time) => {
    times.push(time);
    calls = Math.max(calls, counted.calls);
  });
  times.sort((a, b) => a - b);
  const bytes = scene.stats().uploadedBytes / FRAMES;
  return { calls, median: times[FRAMES >> 1], p95: times[Math.floor(0.95 * FRAMES)], bytes, build };
};
