"""README is true: files, commands, keys of the address bar, routers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.request.schema import KEY_HELP
from app.request.view_keys import VIEW_KEYS
from app.routing import ROUTERS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAPERS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_reader_following_a_link_of_a_paper_finds_the_file(paper: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", paper.read_text(encoding="utf-8"))
    assert [link for link in links if not (paper.parent / link).exists()] == []


def test_newcomer_typing_a_make_command_of_the_readme_finds_the_target() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.M))
    assert {"run", "test", "bench", "parity", "check"} <= named <= set(targets)


def test_author_typing_a_key_of_the_readme_uses_one_that_the_page_or_the_server_reads() -> None:
    table = README[README.index("| key | values | default |") :].split("\n\n")[0]
    keys = {key for row in table.splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])}
    read = {key.name for key in VIEW_KEYS} | set(KEY_HELP)
    assert {"source", "scenario", "experts", "k", "token", "whole"} <= keys
    assert keys - read == set()


def test_program_asking_for_a_router_of_the_readme_gets_one() -> None:
    routers = re.search(r"\| `router` \| (.*?) \|", README)
    assert routers is not None
    assert re.findall(r"`(\w+)`", routers[1]) == list(dict.fromkeys(re.findall(r"`(\w+)`", routers[1])))
    assert set(re.findall(r"`(\w+)`", routers[1])) == set(ROUTERS)


def test_reader_of_the_map_finds_every_folder_of_it() -> None:
    table = README[README.index("## Map") :].split("\n\n")[1]
    folders = [
        name for row in table.splitlines()[2:] for name in re.findall(r"`([\w/]+)/`", row.split("|")[1])
    ]
    assert len(folders) >= 8
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


FOLDERS = ("app", "docs", "static", "templates", "tests", "plugins")
NAMED = re.compile(
    r"(?<![\w/.])(?:app|docs|static|templates|tests|plugins)/[\w/.-]+\.(?:py|js|html|css|md)\b"
)
OF_OTHERS = {"app/sources/NAME/source.py"}  # a place to fill in


def test_reader_of_a_file_finds_every_file_that_it_names() -> None:
    written = [ROOT / "ARCHITECTURE.md", ROOT / "README.md"]
    written += [
        path
        for folder in FOLDERS
        for ending in ("py", "js", "html", "css")
        for path in (ROOT / folder).rglob(f"*.{ending}")
        if not {"vendor", "bundle", "build", "node_modules", ".venv"} & set(path.parts)
    ]
    gone = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in written
        for name in NAMED.findall(path.read_text(encoding="utf-8"))
        if name not in OF_OTHERS and not (ROOT / name).exists()
    }
    assert sorted(gone) == []
