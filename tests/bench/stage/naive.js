/**
 * The scene as one would write it first: a mesh and a material for each tower, a line and a material for each
 * beam, glow decayed in a loop. It shows less than the scene: no trail, halos, planes, labels.
 */
import {
  BufferGeometry,
  Color,
  CylinderGeometry,
  DirectionalLight,
  Line,
  LineBasicMaterial,
  Mesh,
  MeshStandardMaterial,
  PerspectiveCamera,
  Scene,
  SphereGeometry,
  Vector3,
  WebGLRenderer,
} from "three";
import { createLayout, heightOf, levelOf } from "/static/js/scene/layout/layout.js";

export function createNaive(canvas) {
  const renderer = new WebGLRenderer({ canvas, antialias: false });
  const camera = new PerspectiveCamera(26, 1, 0.1, 200);
  const scene = new Scene();
  scene.add(new DirectionalLight(0xffffff, 2));
  let layout, towers, hot, beams, particles;
  let shown = -1;

  function addTowers() {
    const geometry = new CylinderGeometry(layout.towerRadius, layout.towerRadius, layout.towerHeight, 12);
    towers = Array.from({ length: layout.layers * layout.experts }, (_, i) => {
      const mesh = new Mesh(geometry, new MeshStandardMaterial({ color: 0x5a191d }));
      const expert = i % layout.experts;
      mesh.position.set(layout.x[expert], levelOf(layout, Math.floor(i / layout.experts)), layout.z[expert]);
      scene.add(mesh);
      return mesh;
    });
    hot = new Float32Array(towers.length);
  }

  function addBeams(flights) {
    beams = Array.from({ length: flights * layout.experts }, () => {
      const line = new Line(
        new BufferGeometry().setFromPoints([new Vector3(), new Vector3(1, 0, 0)]),
        new LineBasicMaterial({ color: 0xff5a3c, transparent: true }),
      );
      line.visible = false;
      scene.add(line);
      return line;
    });
    const sphere = new SphereGeometry(0.1, 12, 8);
    particles = Array.from({ length: flights }, () => {
      const mesh = new Mesh(sphere, new MeshStandardMaterial({ color: 0xffd9a0 }));
      mesh.visible = false;
      scene.add(mesh);
      return mesh;
    });
  }

  /** The beams of one token, as bright as its scores. */
  function aim(slot, trace, { token, layer, height }) {
    const level = heightOf(layout, height);
    particles[slot].position.y = level;
    const row = (token * layout.layers + layer) * layout.experts;
    for (let expert = 0; expert < layout.experts; expert++) {
      const line = beams[slot * layout.experts + expert];
      line.visible = layer >= 0;
      if (layer < 0) continue;
      line.position.y = level;
      line.rotation.y = Math.atan2(-layout.z[expert], layout.x[expert]);
      line.scale.x = Math.hypot(layout.x[expert], layout.z[expert]);
      line.material.opacity = trace.scores[row + expert] / 255;
    }
  }

  function strike(trace, { token, layer }) {
    const from = (token * layout.layers + layer) * trace.model.top_k;
    for (let k = 0; k < trace.model.top_k; k++) hot[layer * layout.experts + trace.experts[from + k]] = 1;
  }

  return {
    setSize(width, height) {
      renderer.setSize(width, height, false);
      camera.aspect = width / height;
      camera.updateProjectionMatrix();
    },
    setModel(model) {
      layout = createLayout(model);
      addTowers();
    },
    draw({ trace, timeline, time }) {
      const flights = timeline.flights(time);
      if (!beams) addBeams(timeline.mode === "all" ? timeline.tokens : Math.min(timeline.tokens, 16));
      const used = flights.slice(0, particles.length);
      used.forEach((flight, slot) => {
        if (flight.layer >= 0 && flight.at > 0.3) strike(trace, flight);
        aim(slot, trace, flight);
      });
      for (let slot = 0; slot < particles.length; slot++) {
        particles[slot].visible = slot < used.length;
        if (slot < used.length || shown <= slot) continue;
        for (let expert = 0; expert < layout.experts; expert++)
          beams[slot * layout.experts + expert].visible = false;
      }
      shown = used.length;
      const glow = new Color(0xff5a3c);
      towers.forEach((mesh, i) =>
        mesh.material.emissive.copy(glow).multiplyScalar((hot[i] = Math.max(0, hot[i] - 1 / 60))),
      );
      const away = 3.4 * Math.max(layout.outer, layout.pitch * layout.layers * 0.7);
      camera.position.set(away * Math.sin(0.4), 0.36 * away, away * Math.cos(0.4));
      camera.lookAt(0, 0, 0);
      renderer.render(scene, camera);
    },
    stats: () => ({ uploadedBytes: 0 }),
  };
}
