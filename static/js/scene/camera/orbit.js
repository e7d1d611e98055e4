/**
 * Gestures of the camera: drag to turn, pinch or wheel to zoom. A page that scrolls keeps its vertical swipe
 * (touch-action pan-y), and its wheel unless `wheel` is set or Ctrl is held.
 */

const SLOP = 4; // CSS pixels before a press is a drag
const SPEED = 0.006; // radians per CSS pixel
const STOP = 0.02; // radians per second at which coasting ends
const FRICTION = 5; // per second

/** The coasting of the camera after a drag. */
function createCoast() {
  let speed = { azimuth: 0, elevation: 0 }; // radians per second
  let moved = { azimuth: 0, elevation: 0 }; // radians since the last frame
  let last = 0; // wall seconds of the last frame
  const coasts = () => Math.hypot(speed.azimuth, speed.elevation) > STOP;
  function stop() {
    speed = { azimuth: 0, elevation: 0 };
  }
  return {
    coasts,
    stop,
    /** Adds a turn of the drag. @param {number} azimuth @param {number} elevation */
    add(azimuth, elevation) {
      moved = { azimuth: moved.azimuth + azimuth, elevation: moved.elevation + elevation };
    },
    /**
     * Advances by a frame. During a drag it measures the speed.
     * @param {number} wall
     * @param {boolean} held  a pointer is down
     * @param {boolean} still
     * @returns {{azimuth: number, elevation: number} | null} the turn of this frame; null for none
     */
    advance(wall, held, still) {
      const passed = Math.min(0.1, Math.max(0, wall - last));
      last = wall;
      if (held && passed) speed = { azimuth: moved.azimuth / passed, elevation: moved.elevation / passed };
      moved = { azimuth: 0, elevation: 0 };
      if (still) stop();
      if (held || !coasts()) return null;
      const turn = { azimuth: speed.azimuth * passed, elevation: speed.elevation * passed };
      const left = Math.exp(-FRICTION * passed);
      speed = { azimuth: speed.azimuth * left, elevation: speed.elevation * left };
      return turn;
    },
  };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {(azimuth: number, elevation: number, zoom?: number) => void} turn
 * @param {{wheel?: boolean, onMove?: () => void}} options
 */
export function createOrbit(canvas, turn, { wheel = true, onMove = () => {} }) {
  /** @type {Map<number, {x: number, y: number}>} */
  const pointers = new Map();
  let dragged = 0; // CSS pixels of the current or last press
  const coast = createCoast();
  canvas.style.touchAction = "pan-y";

  const spread = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };

  function rotate(/** @type {number} */ dx, /** @type {number} */ dy) {
    turn(-dx * SPEED, dy * SPEED);
    coast.add(-dx * SPEED, dy * SPEED);
    onMove();
  }

  function down(/** @type {PointerEvent} */ event) {
    if (event.button !== 0) return;
    if (!pointers.size) dragged = 0;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    coast.stop();
  }

  function move(/** @type {PointerEvent} */ event) {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    const apart = pointers.size === 2 ? spread() : 0;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    dragged += Math.hypot(dx, dy);
    if (dragged < SLOP) return;
    canvas.setPointerCapture(event.pointerId);
    if (pointers.size === 1) rotate(dx, dy);
    else if (pointers.size === 2) zoom(apart / Math.max(1, spread()));
  }

  function up(/** @type {PointerEvent} */ event) {
    if (!pointers.delete(event.pointerId)) return;
    if (event.type === "pointercancel") coast.stop();
    onMove();
  }

  function zoom(/** @type {number} */ factor) {
    turn(0, 0, factor);
    onMove();
  }

  function roll(/** @type {WheelEvent} */ event) {
    if (!wheel && !event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(event.deltaY * (event.deltaMode ? 0.03 : 0.0012)));
  }

  const listeners = /** @type {const} */ ([
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", up],
    ["pointercancel", up],
    ["wheel", roll],
  ]);
  for (const [name, listener] of listeners) {
    canvas.addEventListener(name, /** @type {EventListener} */ (listener), { passive: name !== "wheel" });
  }

  return {
    dragged: () => dragged >= SLOP,
    moving: () => (pointers.size > 0 && dragged >= SLOP) || coast.coasts(),

    /** Called once per frame: after a drag the camera coasts to a stop. */
    advance(/** @type {number} */ wall, /** @type {boolean} */ still) {
      const by = coast.advance(wall, pointers.size > 0, still);
      if (by) turn(by.azimuth, by.elevation);
    },

    dispose() {
      for (const [name, listener] of listeners)
        canvas.removeEventListener(name, /** @type {EventListener} */ (listener));
    },
  };
}
