"""What axe-core finds wrong with a page as it stands, for people who use it in other ways."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SOURCE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")

RUN = """async only => {
  const options = { resultTypes: ['violations'], ...(only.length && { runOnly: only }) };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`));
}"""


def problems(page: Page, *only: str) -> list[str]:
    """Returns each rule that an element breaks, with the element. `only`: these rules. Needs
    `init=SOURCE`."""
    found: list[str] = page.evaluate(RUN, list(only))
    return found
