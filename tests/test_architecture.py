"""The import ladder of ARCHITECTURE.md in Python, proven from syntax trees: of files and of folders.

tests/js/architecture.test.js proves the ladder of the page.
"""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APP = ROOT / "app"

# Bottom to top. A room imports lower rungs alone; two rooms of one rung do not know each other.
LADDER = (
    ("setting_readers",),
    ("problem", "shape", "byte_cache", "settings", "references", "wording"),
    ("trace",),
    ("routing",),
    ("metrics", "published"),
    ("formats",),
    ("request",),
    ("sources",),
    ("lessons", "measuring", "picture"),
    ("answers", "atlas"),
    ("stream",),
    ("page", "training"),
    ("export", "web"),
    ("commands", "notebook"),
    ("__main__",),
)
RUNG = {room: rung for rung, rooms in enumerate(LADDER) for room in rooms}

# Rooms that take values and return values: no web framework, clock, socket, thread or process.
PURE = ("problem", "shape", "trace", "routing", "metrics", "published", "references", "request", "lessons")
WORLD = {
    *("fastapi", "starlette", "uvicorn", "websockets", "jinja2", "asyncio", "socket", "threading", "time"),
    *("datetime", "random", "subprocess", "os", "concurrent", "torch", "transformers"),
}
WEB = {"fastapi", "starlette"}
HEAVY = {"torch", "transformers", "llama_cpp", "ray"}
LONGEST = 20  # lines that nine in ten functions stay under


def module_of(path: Path) -> str:
    """app/sources/live/forward.py -> app.live.forward"""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_modules() -> dict[str, Path]:
    return {module_of(path): path for path in sorted(APP.rglob("*.py"))}


def python_imports(path: Path) -> Iterator[str]:
    """Yields every module that a file names in an import, those inside functions and for types alone too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve(path, node)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def resolve(path: Path, node: ast.ImportFrom) -> str:
    """Returns the absolute name of what an import statement of a file names."""
    if node.level == 0:
        return str(node.module)
    folder = path.relative_to(ROOT).parent.parts
    return ".".join([*folder[: len(folder) - node.level + 1], *filter(None, [node.module])])


def python_graph() -> dict[str, set[str]]:
    """Returns module -> the modules of ours that it imports."""
    modules = python_modules()
    return {
        name: {m for m in python_imports(path) if m in modules and m not in (name, "app")}
        for name, path in modules.items()
    }


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Returns the modules of one import cycle, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def room_of(module: str) -> str:
    """app.routing.topk -> routing"""
    return module.split(".")[1] if "." in module else ""


def room_graph() -> dict[str, set[str]]:
    """Room -> the other rooms that its files import."""
    rooms: dict[str, set[str]] = {}
    for name, imports in python_graph().items():
        rooms.setdefault(room_of(name), set()).update(
            room_of(m) for m in imports if room_of(m) != room_of(name)
        )
    return rooms


def folder_graph() -> dict[str, set[str]]:
    """Folder, inner ones too -> the folders that its files import, but not those above it."""
    modules = python_modules()
    folders: dict[str, set[str]] = {}
    for name, imports in python_graph().items():
        here = modules[name].parent
        for module in imports:
            there = modules[module].parent
            if there != here and here not in there.parents and there not in here.parents:
                folders.setdefault(str(here), set()).add(str(there))
    return folders


@pytest.mark.parametrize("graph", [python_graph, room_graph, folder_graph], ids=["files", "rooms", "folders"])
def test_imports_go_in_no_circle(graph):
    assert len(graph()) > 10
    assert circle_in(graph()) == []


def test_every_room_has_a_rung():
    assert {room_of(name) for name in python_modules()} - {""} == set(RUNG)


@pytest.mark.parametrize("room", RUNG)
def test_a_room_imports_lower_rungs_alone(room):
    upward = {other for other in room_graph().get(room, ()) if other and RUNG[other] >= RUNG[room]}
    assert upward == set(), f"{room} imports {upward}"


def test_only_web_knows_the_web_framework():
    knowing = {
        room_of(name)
        for name, path in python_modules().items()
        if WEB & {m.split(".")[0] for m in python_imports(path)}
    }
    assert knowing == {"web"}


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_knows_nothing_of_the_world(room):
    for name, path in python_modules().items():
        if room_of(name) == room:
            found = WORLD & {module.split(".")[0] for module in python_imports(path)}
            assert not found, f"{name} imports {found}"


def test_heavy_libraries_are_imported_when_a_function_needs_them():
    """The page runs without the extras: no file but those of training names one at its top level."""
    for name, path in python_modules().items():
        if room_of(name) == "training" or name.startswith("app.sources.engines."):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            named = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            named |= {str(node.module)} if isinstance(node, ast.ImportFrom) else set()
            assert not HEAVY & {each.split(".")[0] for each in named}, name


def test_nothing_imports_an_engine_with_its_libraries_before_a_model_needs_it():
    heavy = {
        n for n, path in python_modules().items() if HEAVY & {m.split(".")[0] for m in python_imports(path)}
    }
    for name, imported in python_graph().items():
        if name not in heavy and not name.startswith("app.training"):
            known = imported & {n for n in heavy if n.startswith("app.sources.engines.")}
            assert not known or name == "app", f"{name} imports {known}"


def test_few_files_stand_beside_the_rooms():
    assert len(list(APP.glob("*.py"))) <= 12


def test_nine_in_ten_functions_are_short():
    lengths = sorted(
        node.end_lineno - node.lineno + 1
        for path in python_modules().values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert lengths[len(lengths) * 9 // 10] <= LONGEST


def test_a_circle_is_found_where_there_is_one():
    assert set(circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()})) == {"a", "b", "c"}
