"""Special cases of the scene: full experts, tall stacks, dense layers, print."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Opener
from tests.e2e.page_reader import complete, idle, open_level, state, wait_for_address, wait_until
from tests.e2e.scene_page import Stage

COUNTING = """() => {
  window.count = (pixels, is) => {
    let found = 0;
    for (let i = 0; i < pixels.length; i += 4) found += is(pixels[i], pixels[i + 1], pixels[i + 2]) ? 1 : 0;
    return found;
  };
  window.blue = (pixels) => count(pixels, (r, g, b) => b > 100 && b > 1.05 * r);
  window.dark = (pixels) => count(pixels, (r, g, b) => r + g + b < 120);
}"""


def test_token_over_capacity_bounces_off_in_a_colour_of_its_own(stage: Stage) -> None:
    page = stage(6, 8, 1, 4, "single")
    page.evaluate(COUNTING)
    before, bounced, settled, taken = page.evaluate(
        """() => {
          const { trace, timeline } = frame, fired = timeline.fires(1, 3);
          trace.model.capacity = 2;
          const at = (time) => blue(shot({ time, wall: frame.wall + 9 }));
          const taken = at(fired + 0.4);
          trace.dropped[1 * 6 + 3] = 1; // token 1 at layer 3
          trace.id += " full";
          return [at(fired - 0.1), at(fired + 0.4), at(timeline.duration), taken];
        }"""
    )
    assert before == settled == taken == 0
    assert bounced > 30


def test_expert_with_a_capacity_fills_up_and_is_lit_when_full(stage: Stage) -> None:
    page = stage(6, 8, 1, 6, "single")
    shares = page.evaluate(
        """() => {
          const { trace, timeline } = frame;
          const seen = (capacity) => {
            trace.model.capacity = capacity;
            return shot({ time: timeline.duration }).reduce((sum, value) => sum + value, 0);
          };
          trace.experts.fill(3);
          trace.id += " to one";
          return [100, 12, 6].map(seen);
        }"""
    )
    assert shares[0] < shares[1] < shares[2], "a little, half full, full"


def test_folded_stack_opens_the_layers_that_are_looked_at(stage: Stage) -> None:
    page = stage(40, 16, 2, 4, "single")
    calls, unfolded, there = page.evaluate(
        """() => {
          blind();
          step({ camera: "front", time: 0, wall: 0 });
          const unfolded = scene.stats().drawCalls, layers = new Set();
          step({ fold: { first: 9, last: 13 }, wall: 1 });
          step({ wall: 9 });
          for (let y = 0; y < 300; y++) for (const x of [200, 240, 280]) {
            const tower = scene.pick(x, y);
            if (tower) layers.add(tower.layer);
          }
          const open = [...layers].filter((layer) => layer >= 9 && layer <= 13);
          return [scene.stats().drawCalls, unfolded, open.length];
        }"""
    )
    assert calls == unfolded
    assert there == 5, "each of the open layers can be pointed at"


def test_light_theme_draws_ink_on_paper(stage: Stage) -> None:
    page = stage(6, 8, 2, 4, "single")
    page.evaluate(COUNTING)
    night, paper, lit = page.evaluate(
        """() => {
          const time = frame.timeline.fires(1, 3) + 0.1;
          const share = (pixels) => (4 * dark(pixels)) / pixels.length;
          const night = share(shot({ time })), paper = share(shot({ time: 0, theme: "light" }));
          return [night, paper, count(shot({ time, theme: "light" }), (r, g, b) => r > 1.6 * g && r > 120)];
        }"""
    )
    assert night > 0.5
    assert paper < 0.02
    assert lit > 100, "the lit path is red ink"


def test_reader_of_a_tall_model_folds_it_around_a_layer_and_unfolds_it(open_page: Opener) -> None:
    page = open_page("/?shape=olmoe-1b-7b&scenario=code&token=3&layer=9")
    complete(page)
    page.keyboard.press("z")
    idle(page)
    assert state(page)["view"]["fold"] == {"first": 3, "last": 13}
    wait_for_address(page, "fold=4-14")
    open_level(page, "Explore")
    group = page.get_by_role("group", name="Layers", exact=True)
    expect(group).to_have_text(re.compile(r"^\s*4–14\s*of 16\s*$"), use_inner_text=True)
    group.get_by_role("button", name="Layers further up").click()
    wait_until(page, "moescope.state().view.fold?.first === 5")
    page.get_by_role("button", name="Unfold").click()
    wait_until(page, "moescope.state().view.fold === null")
    wait_until(page, "!location.search.includes('fold')")


def test_stack_in_small_marks_the_layer_of_the_current_token(stage: Stage) -> None:
    page = stage(40, 16, 2, 4, "single")
    low, high = page.evaluate(
        """() => {
          const at = (looked) => shot({ fold: { first: 28, last: 32 }, looked, time: 0, wall: 9 });
          at(30);
          const [one, other] = [at(2), at(30)];
          const middle = (bright, dark) => {
            let sum = 0, count = 0;
            for (let i = 0; i < bright.length; i += 4) {
              if (bright[i] <= dark[i] + 60) continue;
              sum += Math.floor(i / 4 / canvas.width);
              count += 1;
            }
            return sum / count;
          };
          return [middle(one, other), middle(other, one)];
        }"""
    )
    assert high - low > 30, "pixels from the bottom"


def test_press_on_the_stack_in_small_opens_the_layers_there(open_page: Opener) -> None:
    page = open_page("/?shape=deepseek-v3&scenario=code&mode=single&token=1&layer=20")
    complete(page)
    idle(page)
    over = page.locator("#stage canvas[data-layer]")
    for x in range(330, 640, 8):  # from the controls towards the stack
        page.mouse.move(x, 280)
        if over.count():
            break
    expect(over).to_have_count(1)
    page.mouse.click(x, 280)
    wait_until(page, "/fold=\\d+-\\d+/.test(location.search)")
    first = state(page)["view"]["fold"]["first"]
    assert first > 20, "the upper half of the column is the upper half of the stack"
    wait_until(page, f"moescope.labels().some(({{ word }}) => word === 'LAYER {first + 1}')")
