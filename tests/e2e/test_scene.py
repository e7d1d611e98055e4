"""The scene alone, its clock stepped by hand: what a frame draws, sends and lights; no frames per second."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.e2e.scene_page import AREA, Stage

SIZES = [(6, 8, 2), (6, 64, 2), (24, 64, 4), (61, 256, 8)]  # layers, experts, top-k
MOST_CALLS = 11


@pytest.mark.parametrize(("layers", "experts", "k"), SIZES)
@pytest.mark.parametrize("mode", ["sequence", "all"])
def test_frame_at_every_size_takes_at_most_eleven_draw_calls(
    stage: Stage, layers: int, experts: int, k: int, mode: str
) -> None:
    page = stage(layers, experts, k, 16, mode)
    calls = page.evaluate(
        """() => blind() ?? ["orbit", "front", "top"].map((camera) => {
          const tower = { layer: 1, expert: 3 };
          step({ camera, path: 4, tower, time: frame.timeline.fires(4, 2), wall: frame.wall + 9 });
          return scene.stats().drawCalls;
        })"""
    )
    assert max(calls) <= MOST_CALLS
    assert min(calls) >= 8, "everything is drawn"


def corpus_of(layers: int, experts: int) -> dict[str, object]:
    """Returns a corpus in which expert 0 of each layer has twice the load of the others, and hands on to
    expert 1."""
    loads = [[2.0 if expert == 0 else 1.0 for expert in range(experts)] for _ in range(layers)]
    flows = [[layer, 0, 1, 100] for layer in range(layers - 1)]
    flows += [[layer, 2, 3, 50] for layer in range(layers - 1)]
    return {"atlas": "a", "corpus": "texts", "tokens": 200, "documents": 2, "loads": loads, "flows": flows}


def test_frame_with_a_corpus_behind_it_takes_no_draw_call_more(stage: Stage) -> None:
    page = stage(6, 64, 2, 16, "sequence")
    calls = page.evaluate(
        """(corpus) => blind() ?? ["orbit", "front", "top"].map((camera) => {
          const tower = { layer: 1, expert: 0 };
          step({ camera, corpus, path: 4, tower, time: frame.timeline.fires(4, 2), wall: frame.wall + 9 });
          return scene.stats().drawCalls;
        })""",
        corpus_of(6, 64),
    )
    assert max(calls) <= MOST_CALLS


def test_corpus_behind_the_routing_is_seen_and_gone_again(stage: Stage) -> None:
    """Beams of its own colour between rings, lower towers; without it the picture is as before."""
    page = stage(3, 8, 2, 4, "sequence")
    found = page.evaluate(
        """(corpus) => {
          const at = { camera: "front", time: 0, still: true };
          const count = (pixels, of) => {
            let sum = 0;
            for (let i = 0; i < pixels.length; i += 4) sum += of(...pixels.subarray(i, i + 3));
            return sum;
          };
          const blue = (pixels) => count(pixels, (r, g, b) => b > r + 12 && b > 60);
          const red = (pixels) => count(pixels, (r, g, b) => r > b + 20 && r > 60);
          const before = shot({ ...at, corpus: null }), during = shot({ ...at, corpus });
          const after = shot({ ...at, corpus: null });
          const picked = shot({ ...at, corpus, tower: { layer: 0, expert: 2 } });
          return {
            blue: [blue(before), blue(during), blue(picked)],
            red: [red(before), red(during)],
            same: digest(before) === digest(after),
          };
        }""",
        corpus_of(3, 8),
    )
    none, some, picked = found["blue"]
    assert none == 0 and some > 100, "beams between rings"
    assert picked < some, "those of other towers step back"
    assert found["red"][1] < found["red"][0], "towers of less load are lower"
    assert found["same"]


def test_layers_without_experts_take_no_call_too_many(stage: Stage) -> None:
    page = stage(24, 64, 4, 16, "sequence")
    calls = page.evaluate(
        """() => {
          blind();
          frame.trace.model.dense_layers = [0, 1, 2];
          step({ path: 4, tower: { layer: 1, expert: 3 }, time: frame.timeline.fires(4, 2) });
          return scene.stats().drawCalls;
        }"""
    )
    assert calls <= MOST_CALLS


def test_work_of_a_frame_hardly_grows_with_the_model(stage: Stage) -> None:
    """Calls into WebGL while a prompt plays, which no other work on the machine can disturb."""

    def calls(layers: int, experts: int, k: int) -> float:
        page = stage(layers, experts, k, 16, "sequence")
        found: float = page.evaluate(
            """() => {
              let calls = 0;
              const gl = WebGL2RenderingContext.prototype, kept = {};
              blind();
              step({ time: 0.3 * frame.timeline.duration });
              for (const name of Object.getOwnPropertyNames(gl)) {
                const found = Object.getOwnPropertyDescriptor(gl, name);
                if (typeof found.value !== "function" || name === "constructor") continue;
                kept[name] = found.value;
                gl[name] = function (...given) {
                  calls++;
                  return kept[name].apply(this, given);
                };
              }
              for (let i = 0; i < 120; i++) step({ time: frame.time + 1 / 60 });
              Object.assign(gl, kept);
              return calls / 120;
            }"""
        )
        return found

    small = calls(6, 8, 2)
    large = calls(61, 256, 8)
    assert large < 2 * small, f"{large:.0f} calls a frame at 61x256, {small:.0f} at 6x8"


@pytest.mark.parametrize(("layers", "experts", "k"), SIZES)
def test_frame_sends_only_what_changed(stage: Stage, layers: int, experts: int, k: int) -> None:
    page = stage(layers, experts, k, 16, "sequence")
    resting, firing = page.evaluate(
        """() => {
          const { timeline } = frame, sent = [];
          blind();
          step({ time: timeline.fires(3, 1) - 1e-4 });
          scene.stats();
          for (const time of [timeline.fires(3, 1) - 1e-5, timeline.fires(3, 1)]) {
            step({ time });
            sent.push(scene.stats().uploadedBytes);
          }
          return sent;
        }"""
    )
    assert resting <= 16 * 40, "where the tokens are"
    assert resting < firing <= resting + 16 * (experts + layers), "and at most a row of the table of hits"


def test_scrubbing_back_and_forth_gives_the_same_pixels(stage: Stage) -> None:
    page = stage(6, 8, 2, 12, "sequence")
    first, after = page.evaluate(
        """() => {
          const { timeline } = frame, time = timeline.fires(7, 3) + 0.1;
          const first = digest(shot({ time }));
          for (const share of [0.1, 0.9, 0.4, 1, 0]) step({ time: share * timeline.duration });
          for (let i = 0; i <= 30; i++) step({ time: (time * i) / 30 });
          return [first, digest(shot({ time }))];
        }"""
    )
    assert first == after


def test_event_flashes_and_settles_to_a_dim_rest(stage: Stage) -> None:
    page = stage(6, 8, 2, 1, "single")
    before, flash, rest = page.evaluate(
        """() => {
          const last = frame.timeline.fires(0, 5);
          return [0, last, last + 2.5].map((time) => bright(shot({ time, wall: frame.wall + 9 })));
        }"""
    )
    assert flash > before + 100
    assert rest < flash / 4


def white_share(page: Page, moment: str) -> float:
    """Returns the share of a picture's pixels that are white; `moment` is what the picture is of."""
    share: float = page.evaluate(
        f"""() => {{
          const pixels = shot({moment});
          let white = 0;
          for (let i = 0; i < pixels.length; i += 4) {{
            white += pixels[i] > 250 && pixels[i + 1] > 235 && pixels[i + 2] > 210;
          }}
          return (4 * white) / pixels.length;
        }}"""
    )
    return share


@pytest.mark.parametrize("tokens", [64, 221, 512])
def test_many_tokens_at_once_do_not_bleach(stage: Stage, tokens: int) -> None:
    page = stage(6, 64, 2, tokens, "all")
    assert 0 < white_share(page, '{ camera: "top", layer: 3, time: frame.timeline.fires(0, 3) }') < 0.02


@pytest.mark.parametrize("tokens", [221, 512])
@pytest.mark.parametrize("experts", [8, 64])
def test_many_tokens_in_a_row_do_not_bleach(stage: Stage, tokens: int, experts: int) -> None:
    page = stage(6, experts, 2, tokens, "sequence")
    assert 0 < white_share(page, "{ time: 0.5 * frame.timeline.duration }") < 0.01


def test_lost_context_comes_back_with_the_same_picture(stage: Stage) -> None:
    page = stage(6, 8, 2, 12, "sequence")
    page.evaluate("window.before = digest(shot({ time: frame.timeline.fires(7, 3) }))")
    page.evaluate(
        """() => new Promise((back) => {
          const lose = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
          canvas.addEventListener("webglcontextlost", () => setTimeout(() => lose.restoreContext()));
          canvas.addEventListener("webglcontextrestored", () => setTimeout(back));
          lose.loseContext();
        })"""
    )
    assert page.evaluate("digest(shot({})) === window.before")


def test_pointer_on_a_marked_tower_picks_it(stage: Stage) -> None:
    """The mark is drawn where the tower is seen, so its bright pixels tell where to point."""
    page = stage(6, 8, 2, 12, "sequence")
    picked = page.evaluate(
        """() => {
          const tower = { layer: 5, expert: 0 };
          const plain = shot({ time: 0 }), marked = shot({ tower });
          let [x, y, count] = [0, 0, 0];
          for (let i = 0; i < plain.length; i += 4) {
            if (Math.abs(plain[i + 2] - marked[i + 2]) < 60) continue;
            x += (i / 4) % canvas.width;
            y += canvas.height - Math.floor(i / 4 / canvas.width);
            count++;
          }
          return { count, tower: scene.pick(x / count, y / count) };
        }"""
    )
    assert picked["count"] > 20
    assert picked["tower"] == {"layer": 5, "expert": 0}


def test_picture_without_background_is_transparent_around_the_stack(stage: Stage) -> None:
    page = stage(6, 8, 2, 12, "sequence")
    size, corner, middle = page.evaluate(
        """async () => {
          shot({ time: frame.timeline.fires(7, 3) });
          const image = await createImageBitmap(await scene.picture({ scale: 2, transparent: true }));
          const sheet = new OffscreenCanvas(image.width, image.height).getContext("2d");
          sheet.drawImage(image, 0, 0);
          const alpha = (x, y) => sheet.getImageData(x, y, 1, 1).data[3];
          return [[image.width, image.height], alpha(3, 3), alpha(image.width / 2, image.height / 2)];
        }"""
    )
    assert size == [2 * AREA["width"], 2 * AREA["height"]]
    assert corner == 0
    assert middle > 0


def test_towers_and_trails_have_the_colours_of_the_groups_until_heat_is_chosen(stage: Stage) -> None:
    page = stage(6, 8, 2, 12, "sequence")
    by_group, by_heat = page.evaluate(
        """() => {
          frame.trace.tokens.forEach((token, i) => (token.group = i % 2 ? "french" : "english"));
          const blue = (pixels) => {
            let count = 0;
            for (let i = 0; i < pixels.length; i += 4) count += pixels[i + 2] > pixels[i] + 30;
            return count;
          };
          const time = frame.timeline.duration;
          return ["group", "heat"].map((colour) => blue(shot({ colour, time })));
        }"""
    )
    assert by_group > 300, "pixels that are rather blue or green than red"
    assert by_heat == 0


def test_strongest_on_paper_is_a_colour_and_no_black(stage: Stage) -> None:
    page = stage(6, 8, 2, 64, "all")
    darkest, red = page.evaluate(
        """() => {
          const pixels = shot({ theme: "light", time: frame.timeline.fires(0, 3) + 0.05 });
          let [darkest, red] = [765, 0];
          for (let i = 0; i < pixels.length; i += 4) {
            const sum = pixels[i] + pixels[i + 1] + pixels[i + 2];
            if (sum < darkest) [darkest, red] = [sum, pixels[i] - pixels[i + 1]];
          }
          return [darkest, red];
        }"""
    )
    assert darkest < 250, "more is more ink"
    assert red > 60, "and still red"
