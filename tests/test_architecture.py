"""The import ladder of ARCHITECTURE.md, in both languages: who may know whom, and no circles."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APP = ROOT / "app"
PAGE = ROOT / "static" / "js"

# Values in, values out: no web framework, clock, socket, thread or process, and nobody of the shell.
PURE = (
    "shape",
    "trace",
    "routing",
    "balance",
    "metrics",
    "parallel",
    "authored",
    "published",
    "keys",
    "shown",
    "request",
    "wire",
    "session",
    "lessons",
)
WORLD = {
    *("fastapi", "starlette", "uvicorn", "websockets", "jinja2", "asyncio", "socket", "threading", "time"),
    *("datetime", "random", "subprocess", "os", "concurrent", "torch", "transformers"),
}
WEB = {"fastapi", "starlette"}


def module_of(path: Path) -> str:
    """app/sources/live/forward.py -> app.live.forward"""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_modules() -> dict[str, Path]:
    return {module_of(path): path for path in sorted(APP.rglob("*.py"))}


def python_imports(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, those inside functions and for types alone too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve(path, node)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def resolve(path: Path, node: ast.ImportFrom) -> str:
    """The absolute name of what an import statement of a file names."""
    if node.level == 0:
        return str(node.module)
    folder = path.relative_to(ROOT).parent.parts
    return ".".join([*folder[: len(folder) - node.level + 1], *filter(None, [node.module])])


def python_graph() -> dict[str, set[str]]:
    """Module -> the modules of ours that it imports."""
    modules = python_modules()
    return {
        name: {m for m in python_imports(path) if m in modules and m not in (name, "app")}
        for name, path in modules.items()
    }


def without_comments(code: str) -> str:
    """JavaScript without comments; strings are left as they are."""
    strings = r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`"
    return re.sub(
        rf"({strings})|//[^\n]*|/\*.*?\*/", lambda found: found.group(1) or " ", code, flags=re.DOTALL
    )


def page_modules() -> dict[str, Path]:
    return {path.relative_to(PAGE).as_posix(): path for path in sorted(PAGE.rglob("*.js"))}


def page_imports(path: Path, types: bool = False) -> Iterator[str]:
    """What a module imports: other modules by their path under static/js, libraries by name."""
    code = path.read_text(encoding="utf-8")
    named = re.findall(
        r"""(?:\bfrom|^\s*import|\bimport\()\s*['"]([^'"]+)['"]""",
        code if types else without_comments(code),
        flags=re.MULTILINE,
    )
    for name in named:
        yield (path.parent / name).resolve().relative_to(PAGE).as_posix() if name.startswith(".") else name


def page_graph() -> dict[str, set[str]]:
    modules = page_modules()
    return {name: set(page_imports(path)) & set(modules) for name, path in modules.items()}


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one import cycle, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("graph", [python_graph, page_graph], ids=["python", "javascript"])
def test_imports_go_in_no_circle(graph):
    assert len(graph()) > 10
    assert circle_in(graph()) == []


def test_only_server_and_pages_know_the_web_framework():
    knowing = {
        name
        for name, path in python_modules().items()
        if WEB & {m.split(".")[0] for m in python_imports(path)}
    }
    assert knowing <= {"app.web.application", "app.web.page_routes", "app.web.disconnect"}


def room_of(module: str) -> str:
    """app.routing.topk -> routing"""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("name", [name for name in python_modules() if room_of(name) in PURE])
def test_pure_module_knows_only_pure_modules_and_nothing_of_the_world(name):
    imports = set(python_imports(python_modules()[name]))
    assert WORLD & {module.split(".")[0] for module in imports} == set()
    assert {room_of(module) for module in imports if module.startswith("app.")} <= set(PURE)


def test_toml_is_read_by_the_one_reader_of_each_kind_of_file():
    readers = {name for name, path in python_modules().items() if "tomllib" in set(python_imports(path))}
    assert readers == {"app.sources.authored.scenario", "app.lessons.library", "app.references.references"}


def test_serving_never_needs_the_training_libraries():
    for name, path in python_modules().items():
        if not name.startswith("app.training"):
            roots = {module.split(".")[0] for module in python_imports(path)}
            assert not roots & {"torch", "transformers"}, name
            assert not any(module.startswith("app.training") for module in python_imports(path)), name


def test_only_the_scene_knows_three():
    for name, path in page_modules().items():
        libraries = {module for module in page_imports(path, types=True) if module.startswith("three")}
        assert not libraries or name.startswith("scene/"), f"{name} imports {libraries}"


@pytest.mark.parametrize(("here", "there"), [("scene", "panels"), ("panels", "scene")])
def test_scene_and_panels_never_know_each_other(here, there):
    for name, path in page_modules().items():
        if name.startswith(f"{here}/"):
            known = {module for module in page_imports(path, types=True) if module.startswith(f"{there}/")}
            assert not known, f"{name} imports {known}"


def test_only_panels_build_elements():
    """A canvas that is never shown (to probe for WebGL, to draw a label on) is no element of the page."""
    building = re.compile(
        r"\.createElement(?:NS)?\((?!['\"]canvas['\"])|\.(?:append|prepend|replaceChildren)\("
    )
    for name, path in page_modules().items():
        if not name.startswith("panels/"):
            assert not building.search(without_comments(path.read_text(encoding="utf-8"))), name


def test_no_text_becomes_markup():
    markup = re.compile(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function)\b")
    for name, path in page_modules().items():
        assert not markup.search(without_comments(path.read_text(encoding="utf-8"))), name


def test_page_imports_no_library_but_three_and_one_for_qr_codes():
    for name, path in page_modules().items():
        for module in page_imports(path):
            known = module in page_modules() or module.split("/")[0] == "three"
            assert known or (name, module) == ("qr.js", "uqr"), f"{name} imports {module}"


def test_circle_is_found_where_there_is_one():
    assert set(circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()})) == {"a", "b", "c"}


def test_imports_in_comments_and_strings_do_not_count():
    code = "// import './a.js'\n/* from './b.js' */ const s = \"// './c.js'\"; import './d.js';"
    assert without_comments(code).count("import") == 1
    assert "// './c.js'" in without_comments(code)
