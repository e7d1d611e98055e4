"""`python -m app export`: views as files that play without a server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..atlas.shipped import Atlases
from ..export.exported_page import ExportedView, InlineTrace, folder, load_shared, one_file
from ..page.boot import boot
from ..picture.view_picture import ViewPicture, titled
from ..request.schema import KEY_HELP, SECOND_PREFIX
from ..request.view_keys import VIEW_KEY_NAMES, read_view_key
from ..settings import ROOT, Settings
from ..sources.authored.scenario import load_scenarios
from ..sources.registry import SourceRegistry

SUMMARY = "write a view as a file that plays without a server"
VIEWS = "more views: links to a Moescope, or their query strings"
REQUEST_KEYS = tuple(KEY_HELP)
BYTES = 1_000_000  # larger files get a notice


def add_command(commands: Any) -> None:
    """Adds the command to the subparsers of `python -m app`. `options.run(settings, options)` runs it."""
    parser: argparse.ArgumentParser = commands.add_parser("export", help=SUMMARY, description=SUMMARY)
    parser.add_argument("views", nargs="*", metavar="VIEW", help=VIEWS)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("-o", "--output", type=Path, metavar="FILE", help="one self-contained HTML file")
    where.add_argument("--dir", type=Path, metavar="FOLDER", help="a page for each view and what they share")
    parser.add_argument("--embed", action="store_true", help="the scene alone, for a frame in an article")
    parser.add_argument("--home", metavar="URL", help="the Moescope that the pages link to (ORIGIN)")
    keys = parser.add_argument_group("keys of the view, as in its link; each holds for all views")
    for key in (*REQUEST_KEYS, *VIEW_KEY_NAMES):
        keys.add_argument(f"--{key}", metavar=key.upper())
    others = parser.add_argument_group("keys of a second stack beside it: those in which it differs")
    for key in REQUEST_KEYS:
        others.add_argument(f"--{SECOND_PREFIX}{key}", metavar=key.upper())


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Writes the files and prints their names. Returns 2 if a view cannot be exported."""
    keys = (*REQUEST_KEYS, *VIEW_KEY_NAMES, *(SECOND_PREFIX + key for key in REQUEST_KEYS))
    common = {key: value for key in keys if (value := getattr(options, key)) is not None}
    views = [{**common, **keys_of(view)} for view in options.views] or [common]
    try:
        if options.output and len(views) > 1:
            raise ValueError(f"-o: expected one view, got {len(views)}; use --dir FOLDER for several")
        shared = load_shared(ROOT / "static", options.embed)
        sources = SourceRegistry(
            load_scenarios(settings.scenarios), settings.models, settings.traces, engine=settings.engine
        )
        home = (settings.origin if options.home is None else options.home).rstrip("/")
        atlases = Atlases.from_env(settings.models)
        exhibits = list(named([exhibit(view, sources, home, options.embed, atlases) for view in views]))
        templates = ROOT / "templates"
        if options.output:
            files = [(options.output, one_file(exhibits[0], shared, templates))]
        else:
            files = [(options.dir / file, text) for file, text in folder(exhibits, shared, templates)]
        write(files)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def keys_of(view: str) -> dict[str, str]:
    """Returns the keys of a link, or of a query string."""
    return dict(parse_qsl(urlsplit(view).query or view.rpartition("?")[2], keep_blank_values=True))


def exhibit(
    view: Mapping[str, str], sources: SourceRegistry, home: str, embed: bool, atlases: Atlases
) -> ExportedView:
    """Routes the request of a view. Raises BadRequest with every problem, AtlasError for a corpus."""
    shown = ViewPicture.of({key: view[key] for key in REQUEST_KEYS if key in view}, view, sources)
    request, words = shown.requests[0], shown.words
    recordings = [
        InlineTrace(source.identity, source.trace(), answer)
        for source, answer in zip(shown.opened, shown.answers, strict=True)
    ]
    title, told = titled(shown.requests, shown.labels, sources, words)
    shape = recordings[0].trace.header.shape
    text = "prompt" if request.prompt else request.scenario
    return ExportedView(
        name=f"{text}-{shape.experts}x{request.k}{'-compared' if len(recordings) > 1 else ''}",
        query=urlencode({key: value for key, value in view.items() if key != "v"}),
        title=f"{title} · Moescope",
        description=told,
        boot=boot_of(shown, sources, embed),
        recording=recordings[0],
        poster=shown.draw(),
        home=home,
        words=words,
        other=recordings[1] if len(recordings) > 1 else None,
        corpus=corpus_of(view, recordings[0], atlases),
    )


def corpus_of(view: Mapping[str, str], recording: InlineTrace, atlases: Atlases) -> dict[str, Any] | None:
    """Returns the corpus of the routing, if the view names one.

    Raises AtlasError if it does not exist.
    """
    name = read_view_key("corpus", view)
    if not name:
        return None
    atlas = f"heldout/{recording.trace.header.model.get('name')}" if name == "heldout" else name
    return {"atlas": atlas, **atlases.answer(atlas, "scene", {})}


def boot_of(shown: ViewPicture, sources: SourceRegistry, embed: bool) -> dict[str, Any]:
    """Returns the boot data, limited to what the page shows."""
    everything = boot(sources, embed, shown.words.language)
    scenarios = {request.scenario for request in shown.requests}
    models = {request.checkpoint for request in shown.requests if request.source != "authored"}
    shapes = {request.shape for request in shown.requests}
    return {
        **everything,
        "scenarios": [each for each in everything["scenarios"] if each["name"] in scenarios],
        "models": [each for each in everything["models"] if each["name"] in models],
        "shapes": [each for each in everything["shapes"] if each["key"] in shapes],
    }


def named(exhibits: list[ExportedView]) -> Iterator[ExportedView]:
    """Yields the views with distinct file names."""
    given: dict[str, int] = {}
    for each in exhibits:
        count = given[each.name] = given.get(each.name, 0) + 1
        yield each if count == 1 else ExportedView(**{**vars(each), "name": f"{each.name}-{count}"})


def write(files: list[tuple[Path, str]]) -> None:
    """Writes each file; creates its folder if needed."""
    for path, text in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        path.write_bytes(data)
        remark = ", a long trace makes a large file" if len(data) > BYTES else ""
        print(f"{path}: {len(data):,} bytes{remark}")
