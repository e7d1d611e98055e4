"""Reading scenario files: what is wrong is named, and stops nothing."""

import re
from pathlib import Path
from typing import get_args

import pytest

from app.commands.check import check
from app.sources.authored.expectations import Expect
from app.sources.authored.scenario import Group, Scenario, ScenarioToken, Translation, load_scenarios

GOOD = """
title = "A"
teaches = "B."
tokens = [{ text = "x", group = "g" }, { text = " y", group = "h" }]
[groups.g]
places = [0.0]
[groups.h]
places = [0.5]
"""


def problems_of(folder: Path, text: str | bytes) -> list[tuple[str, str, str]]:
    """Returns field, found, expected of each problem of one file beside a good one, which must load all
    the same."""
    (folder / "good.toml").write_text(GOOD)
    (folder / "bad.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    library = load_scenarios(folder)
    assert list(library.scenarios) == ["good"]
    assert {problem.file for problem in library.problems} == {"bad.toml"}
    return [(problem.field, problem.found, problem.expected) for problem in library.problems]


@pytest.mark.parametrize(
    ("old", "new", "field", "found", "expected"),
    [
        ('title = "A"', "", "title", "nothing", "a value"),
        ('title = "A"', "title = 3", "title", "3", "a valid string"),
        ('title = "A"', 'titel = "A"\ntitle = "A"', "titel", "an unknown field", "README"),
        ('title = "A"', 'name = "b"\ntitle = "A"', "name", "an unknown field", "README"),
        ("[0.5]", "[1.5]", "groups.h.places.0", "1.5", "less than 1"),
        ("[0.5]", "[nan]", "groups.h.places.0", "nan", "finite number"),
        ("[0.5]", "[]", "groups.h.places", "[]", "at least 1 item"),
        ("[0.5]", "[0.5]\nstrengths = [1, 1]", "groups.h.strengths", "[1.0, 1.0]", "1 numbers, one a place"),
        ("[0.5]", "[0.5]\nsharpness = 99", "groups.h.sharpness", "99", "less than or equal to 20"),
        ('group = "h"', 'group = "z"', "tokens.1.group", "'z'", "one of the groups g, h"),
        ('group = "h"', 'group = "h", early = "z"', "tokens.1.early", "'z'", "one of the groups g, h"),
        ('text = "x"', 'text = ""', "tokens.0.text", "''", "at least 1 character"),
        ("[0.5]", '[0.5]\n[[expect]]\nkind = "no"', "expect.0", "'no'", "'same_experts'"),
        (
            "[0.5]",
            '[0.5]\n[[expect]]\nkind = "same_experts"\ngroup = "z"',
            "expect.0",
            "'z'",
            "one of the groups",
        ),
        (
            "[0.5]",
            '[0.5]\n[[expect]]\nkind = "reroutes"\ngroups = ["g", "h"]\ntext = "q"',
            "expect.0.text",
            "'q'",
            "text of a token",
        ),
    ],
)
def test_author_of_a_wrong_field_learns_file_field_found_and_expected(
    tmp_path, old, new, field, found, expected
):
    [(at, was, should)] = problems_of(tmp_path, GOOD.replace(old, new, 1))
    assert (at, found in was, expected in should) == (field, True, True), (at, was, should)


@pytest.mark.parametrize("text", ["tokens = [", b"\xff\xfe", "a = 1\na = 2"])
def test_author_of_an_unreadable_file_learns_that_it_is(tmp_path, text):
    [(field, _, expected)] = problems_of(tmp_path, text)
    assert (field, expected) == ("", "a readable TOML file in UTF-8")


def test_every_wrong_field_of_a_file_is_named(tmp_path):
    found = problems_of(tmp_path, GOOD.replace('title = "A"', "").replace("[0.5]", '["x"]'))
    assert {field for field, _, _ in found} == {"title", "groups.h.places.0"}


def test_file_name_that_is_no_link_is_refused(tmp_path):
    (tmp_path / "Bad Name.toml").write_text(GOOD)
    [problem] = load_scenarios(tmp_path).problems
    assert (problem.field, problem.found) == ("name", "'Bad Name'")


def test_problem_reads_as_a_sentence(tmp_path):
    (tmp_path / "bad.toml").write_text(GOOD.replace("[0.5]", "[2]"))
    [problem] = load_scenarios(tmp_path).problems
    assert str(problem) == "bad.toml: groups.h.places.0: expected less than 1, found 2"


def test_scenarios_stand_in_the_order_that_they_ask_for(tmp_path):
    for name, order in (("b", 100), ("a", 100), ("z", 1)):
        (tmp_path / f"{name}.toml").write_text(f"order = {order}\n{GOOD}")
    assert list(load_scenarios(tmp_path).scenarios) == ["z", "a", "b"]


def test_added_file_is_a_scenario_with_what_the_menu_shows(tmp_path):
    (tmp_path / "good.toml").write_text(GOOD)
    assert load_scenarios(tmp_path).scenarios["good"].info() == {
        "name": "good",
        "title": "A",
        "teaches": "B.",
        "text": "x y",
        "groups": ["g", "h"],
    }


def test_check_of_a_missing_folder_says_so(tmp_path):
    [problem] = check(tmp_path / "none")
    assert problem.found == "no such folder"


def test_check_of_a_promise_that_is_not_kept_names_it(tmp_path):
    false = '[[expect]]\nkind = "corner"\ngroup = "h"\nbetween = [0.0, 0.2]\nk = [1]\nexperts = [8]\n'
    (tmp_path / "boast.toml").write_text(GOOD + false)
    [problem] = check(tmp_path)
    assert (problem.file, problem.field) == ("boast.toml", "expect.0")
    assert problem.found == "layer 1: expert 4 at 0.500 at experts=8, k=1"
    assert problem.expected == "kind = 'corner', group = 'h', between = [0.0, 0.2]"


README = (Path(__file__).parents[3] / "scenarios" / "README.md").read_text(encoding="utf-8")


def fields_named_under(title: str) -> set[str]:
    """Returns the names in the first column of the table of a section of the README."""
    section = README.split(f"## {title}\n")[1].split("\n## ")[0]
    return {name.split(".")[0] for name in re.findall(r"^\| `([a-zA-Z_.]+)`", section, flags=re.MULTILINE)}


def test_example_of_the_readme_loads_and_keeps_its_promise(tmp_path):
    [example, *_] = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "cats.toml").write_text(example)
    assert check(tmp_path) == []
    assert load_scenarios(tmp_path).scenarios["cats"].text == "The cat ignored the dog."


@pytest.mark.parametrize(
    ("title", "model", "unnamed"),
    [
        ("Fields of the file", Scenario, {"name"}),
        ("Fields of a translation", Translation, set()),
        ("Fields of a token", ScenarioToken, set()),
        ("Fields of a group", Group, set()),
    ],
)
def test_readme_names_every_field_and_no_other(title, model, unnamed):
    assert fields_named_under(title) == set(model.model_fields) - unnamed


def test_readme_names_every_kind_of_promise():
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(Expect)[0])}
    assert fields_named_under("Expected results") == kinds
