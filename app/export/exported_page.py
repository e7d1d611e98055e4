"""Exports views as files that play without a server: one HTML file, or a folder whose pages share a script.

The pages run the modules of the served page, bundled for each language into static/vendor by the build. The
trace is in the page, as the messages that the socket would have sent.
"""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..page.bundle import BUNDLES, EMBEDDED, FULL, is_fresh
from ..page.startup import WATCH, hash_of
from ..request.read import Answer
from ..request.view_keys import look_of
from ..stream.wire import TraceMessage, pack_step
from ..trace import RoutingTrace
from ..wording import ENGLISH, Wording

STYLE_FILE, ELEMENT_FILE = "moescope.css", "embed.js"

# Runs the packed script in its own element, because a policy can then name it by its hash.
UNPACK = """(async () => {
  const packed = Uint8Array.from(atob(document.getElementById("packed").textContent), (c) => c.charCodeAt(0));
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(plain).text();
  document.body.append(script);
})();"""


@dataclass(frozen=True)
class InlineTrace:
    """A trace inside a page."""

    identity: str
    trace: RoutingTrace
    answer: Answer

    def to_json(self) -> dict[str, Any]:
        """Returns the messages of the socket; steps are base64."""
        header = self.trace.header
        experts, count = header.shape.experts, len(header.tokens)
        steps = (pack_step(self.trace.step(token), 0, token, experts) for token in range(count))
        message = TraceMessage.of(0, self.identity, 0, header, self.answer)
        return {
            "trace": message.model_dump(mode="json", by_alias=True),
            "steps": b64encode(b"".join(steps)).decode(),
        }


@dataclass(frozen=True)
class ExportedView:
    """One view to export."""

    name: str  # file name without the ending
    query: str  # the initial view, as in the URL
    title: str
    description: str
    boot: Mapping[str, Any]  # boot_types.js `Boot`, without `exported`
    recording: InlineTrace
    poster: str  # its preview picture, SVG
    home: str  # origin of the site that it comes from; "" for none
    words: Wording = ENGLISH
    other: InlineTrace | None = None  # trace of a second stack
    corpus: Mapping[str, Any] | None = None  # corpus of the routing: types.js `Corpus`

    def boot_json(self) -> str:
        """Returns the JSON block of the page. `<` is escaped, so that no text can end the block."""
        exported = {
            "query": self.query,
            "home": self.home,
            **self.recording.to_json(),
            **({} if self.other is None else {"other": self.other.to_json()}),
            **({} if self.corpus is None else {"corpus": self.corpus}),
        }
        text = json.dumps({**self.boot, "exported": exported}, ensure_ascii=False, separators=(",", ":"))
        return text.replace("<", "\\u003c")

    @property
    def look(self) -> dict[str, str]:
        """Returns theme and palette of the initial view."""
        return look_of(dict(parse_qsl(self.query)))

    def poster_address(self) -> str:
        return f"data:image/svg+xml;base64,{b64encode(self.poster.encode()).decode()}"


@dataclass(frozen=True)
class Shared:
    """The parts that all exported pages share."""

    scripts: Mapping[str, str]  # by language
    style: str
    element: str  # static/embed.js, for an article next to the pages
    icon: str


def load_shared(static: Path, embed: bool) -> Shared:
    """Reads the shared parts. Raises ValueError if a bundle is missing or older than its scripts."""
    scripts = {language: load_bundle(static, name) for language, name in BUNDLES.items()}
    style = (static / "vendor" / (EMBEDDED if embed else FULL)).read_text(encoding="utf-8")
    icon = (static / "favicon.svg").read_text(encoding="utf-8")
    return Shared(scripts, style, (static / "embed.js").read_text(encoding="utf-8"), icon)


def load_bundle(static: Path, name: str) -> str:
    """Returns the page's bundled script."""
    path = static / name
    if not path.is_file():
        raise ValueError(f"{path}: expected the bundle of the page's scripts, got nothing; run make once")
    script = path.read_text(encoding="utf-8")
    if not is_fresh(static):
        raise ValueError(f"{path}: expected a bundle of static/js as it is, got an older one; run make once")
    if re.search("</script|<!--", script, re.IGNORECASE):
        raise ValueError(f"{path}: expected a script that fits into a page, got one that would end it")
    return script


def one_file(exhibit: ExportedView, shared: Shared, templates: Path) -> str:
    """Returns a self-contained page. Its script is compressed to a third."""
    script = shared.scripts[exhibit.words.language]
    policy = {
        "script-src": f"{hash_of(WATCH)} {hash_of(UNPACK)} {hash_of(script)}",
        "style-src": hash_of(shared.style),
    }
    inline = {"script": UNPACK, "packed": pack(script), "style": shared.style}
    return render(exhibit, shared, templates, policy, inline)


def pack(script: str) -> str:
    """Returns a script as compressed text that UNPACK runs; deterministic."""
    return b64encode(gzip.compress(script.encode(), mtime=0)).decode()


def folder(exhibits: list[ExportedView], shared: Shared, templates: Path) -> Iterator[tuple[str, str]]:
    """Yields (file name, content) of the pages and of their shared files."""
    policy = {"script-src": f"'self' {hash_of(WATCH)}", "style-src": "'self'"}
    for exhibit in exhibits:
        inline = {"script": "", "packed": "", "style": ""}
        yield f"{exhibit.name}.html", render(exhibit, shared, templates, policy, inline)
    for language in sorted({exhibit.words.language for exhibit in exhibits}):
        yield script_file(language), shared.scripts[language]
    yield STYLE_FILE, shared.style
    yield ELEMENT_FILE, shared.element


def script_file(language: str) -> str:
    """Returns the file name of a language's script in a folder."""
    return Path(BUNDLES[language]).name


def render(
    exhibit: ExportedView,
    shared: Shared,
    templates: Path,
    policy: Mapping[str, str],
    inline: Mapping[str, str],
) -> str:
    """Returns a page that loads only what `policy` names."""
    environment = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    rules = {"default-src": "'none'", **policy, "img-src": "data: blob:", "base-uri": "'none'"}
    return environment.get_template("export.html").render(
        exhibit=exhibit,
        watch=WATCH,
        policy="; ".join(f"{name} {value}" for name, value in rules.items()),
        icon=f"data:image/svg+xml;base64,{b64encode(shared.icon.encode()).decode()}",
        script_file=script_file(exhibit.words.language),
        style_file=STYLE_FILE,
        **inline,
    )
