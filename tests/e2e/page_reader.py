"""What a person reads off the page, as values."""

from __future__ import annotations

import base64
from typing import Any

from playwright.sync_api import Frame, Page, expect

Row = tuple[int, int, tuple[int, ...]]  # token and layer from 0, experts

LIT = """
async ([picture, limit]) => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + picture)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let lit = 0;
  for (let i = 0; i < data.length; i += 4) lit += data[i] >= limit;
  return lit;
}
"""


# Panels follow the state in the page's next frame, and that comes before a frame that is asked for later: so
# what is true is also on the screen. What is asked of an element that is not there yet is not true yet.
LOOK = """condition => new Promise((done, fail) => {{
  let trouble = '';
  setTimeout(() => fail(new Error(`not true after 180 s: ${{condition}} ${{trouble}}`)), 180_000);
  const holds = () => {{
    try {{
      return ({condition});
    }} catch (error) {{
      trouble = error;
    }}
  }};
  const look = () => requestAnimationFrame(holds() ? () => done() : look);
  look();
}})"""

# Sizes are measured after a frame, and may move the camera in the next.
IDLE = """() => new Promise((done, fail) => {
  setTimeout(() => fail(new Error('not idle after 180 s: ' + JSON.stringify(moescope.state()))), 180_000);
  moescope.idle().then(() => requestAnimationFrame(() => moescope.idle().then(done)));
})"""


SHOWN = """(({status, complete, counters}) => {
  const shown = document.querySelector('[data-counter=total_p]')?.dataset.value;
  return status === 'ready' && complete && String(counters.total_p) === shown;
})(moescope.state())"""


def counter(page: Page, name: str) -> str:
    """Returns the value of a counter."""
    return page.locator(f'[data-counter="{name}"]').get_attribute("data-value") or ""


def count(page: Page, name: str) -> int:
    """Returns the value of a counter that is a number."""
    return int(counter(page, name))


def counters(page: Page) -> dict[str, str]:
    """Returns all four counters."""
    return {name: counter(page, name) for name in ("total_p", "active_p", "token", "experts_hit")}


def state(page: Page) -> dict[str, Any]:
    """Returns what the page says of itself."""
    result: dict[str, Any] = page.evaluate("moescope.state()")
    return result


def idle(page: Page) -> None:
    """Wait until nothing more will change on screen."""
    page.evaluate(IDLE)


def wait_until(page: Page | Frame, condition: str) -> None:
    """Wait until an expression of a page or frame is true, and shown.

    (Policy of pages forbids `wait_for_function`.)
    """
    page.evaluate(LOOK.format(condition=condition), condition)


def wait_unseen(frame: Frame, condition: str) -> None:
    """As wait_until, in a frame out of sight: that draws nothing, but its timers run."""
    frame.evaluate(LOOK.format(condition=condition).replace("requestAnimationFrame", "setTimeout"), condition)


# Labels of the scene and elements that an element lies on, by more than a pixel.
UNDER = """([selector, others]) => {
  const stage = document.querySelector("canvas.scene").getBoundingClientRect();
  const labels = moescope.labels().map(({ word, rect }) => [word, new DOMRect(
    rect.x + stage.left, rect.y + stage.top, rect.width, rect.height)]);
  const parts = [...document.querySelectorAll(others)].filter((each) =>
    each.checkVisibility({ visibilityProperty: true }));
  const above = document.querySelector(selector).getBoundingClientRect();
  return [...labels, ...parts.map((each) => [each.outerHTML, each.getBoundingClientRect()])]
    .filter(([, box]) => box.width &&
      Math.min(box.right, above.right) - Math.max(box.left, above.left) > 1 &&
      Math.min(box.bottom, above.bottom) - Math.max(box.top, above.top) > 1).map(([name]) => name);
}"""


def under(page: Page, selector: str, others: str) -> list[str]:
    """Returns the labels of the scene, and the other elements, that the element of a selector lies on."""
    found: list[str] = page.evaluate(UNDER, [selector, others])
    return found


def wait_for_address(page: Page, *parts: str) -> None:
    """Wait until the query string of the address holds these."""
    for part in parts:
        wait_until(page, f"location.search.includes({part!r})")


def complete(page: Page) -> None:
    """Wait until the whole trace is there, and on the screen."""
    wait_until(page, SHOWN)


def seek(page: Page, token: int, layer: int | None = None) -> None:
    """Go to a token and layer, from 0, and wait until the picture stands."""
    page.evaluate(
        "to => moescope.seek(to)", {"token": token} if layer is None else {"token": token, "layer": layer}
    )
    idle(page)


def seek_end(page: Page) -> None:
    """Everything routed."""
    complete(page)
    told = state(page)
    layers = told["counters"]["experts_all"] // told["view"]["experts"]
    seek(page, told["tokens"] - 1, layers - 1)


def open_level(page: Page, name: str) -> None:
    """Show more or less around the scene: Story, Explore or Data."""
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator("#app")).to_have_attribute("data-level", name.lower())


def open_panel(page: Page, name: str) -> None:
    """Open a data view by its tab, and wait until its content is there."""
    if not page.locator(".drawer").is_visible():
        open_level(page, "Data")
        page.locator(".drawer").wait_for()
    menu = page.locator(".view-select")
    if menu.is_visible():
        menu.select_option(label=name)
    else:
        page.locator(".tabs").get_by_role("button", name=name, exact=True).click()
    expect(page.locator(".drawer")).to_have_attribute("aria-label", name)  # and no longer the view before it
    page.locator(".drawer .flat > *").filter(visible=True).first.wait_for()


def press(page: Page, group: str, name: str) -> None:
    """Press one of a row of buttons."""
    buttons = page.get_by_role("group", name=group, exact=True)
    if not buttons.is_visible():
        open_level(page, "Explore")
        buttons.wait_for()
    buttons.get_by_role("button", name=name, exact=True).click()
    complete(page)


def open_share(page: Page) -> None:
    """Open the share panel."""
    page.get_by_role("button", name="Share", exact=True).click()
    page.locator(".popover.share").wait_for()


def choose_scenario(page: Page, title: str) -> None:
    """Choose a prompt in the menu."""
    page.get_by_label("Prompt", exact=True).select_option(label=title)
    complete(page)


def table_of_layer(page: Page, layer: int) -> list[tuple[str, tuple[int, ...]]]:
    """Returns token and experts of each row that the table shows for a layer, from 1. Opens the table."""
    if not page.locator("table.routing").is_visible():
        open_panel(page, "Table")
    page.locator("#table-layer").select_option(str(layer - 1))
    rows = page.locator("table.routing tbody tr[data-token]")
    rows.first.wait_for()
    cells = rows.evaluate_all("rows => rows.map(row => [row.cells[0].textContent, row.cells[2].textContent])")
    return [(token, tuple(int(expert) for expert in experts.split(","))) for token, experts in cells]


def groups_of_tokens(page: Page) -> list[str]:
    """Returns the group that the token strip names for each token."""
    names: list[str] = page.locator(".strip [data-token]").evaluate_all(
        "tokens => tokens.map(token => token.getAttribute('aria-label'))"
    )
    return [name.rsplit(", ", 1)[1] for name in names]


def lit_pixels(page: Page, limit: int = 200) -> int:
    """Returns how many pixels of the scene are bright."""
    picture = page.locator("canvas").first.screenshot()
    blank = page.context.new_page()  # a page without the policy that forbids reading pictures back
    lit: int = blank.evaluate(LIT, [base64.b64encode(picture).decode(), limit])
    blank.close()
    return lit
