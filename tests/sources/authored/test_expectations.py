"""Each kind of promise holds where it should and is broken where it should be, on traces made by hand."""

import pytest
from pydantic import TypeAdapter, ValidationError

from app.sources.authored.expectations import Expect
from tests.trace_factory import trace_of

# Two layers of eight experts, k = 2. Groups: a, a, b, b; the layers are equal but for the last token.
GROUPS = ["a", "a", "b", "b"]
TRACE = trace_of(
    [[[0, 1], [0, 1]], [[1, 0], [1, 0]], [[4, 5], [4, 5]], [[5, 6], [7, 0]]],
    8,
    groups=GROUPS,
)


def statement(**fields):
    return TypeAdapter(Expect).validate_python(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "same_experts", "group": "a"},
        {"kind": "corner", "group": "a", "between": [0.0, 0.125]},
        {"kind": "corner", "group": "b", "between": [0.5, 0.0]},
        {"kind": "covers", "at_least": 0.6, "at_most": 0.65},
        {"kind": "stays", "layer": 1, "at_most": 0},
        {"kind": "reroutes", "text": "t0", "groups": ["a", "a"], "from_layer": 3},
    ],
)
def test_statement_that_is_true_is_not_broken(fields):
    assert statement(**fields).broken(TRACE) is None


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"kind": "same_experts", "group": "b"}, "layer 1: [4, 5] and [5, 6]"),
        ({"kind": "different_experts", "groups": ["a", "b"]}, "layer 2: both use [0]"),
        ({"kind": "corner", "group": "b", "between": [0.5, 0.7]}, "layer 1: expert 6 at 0.750"),
        ({"kind": "covers", "at_most": 0.5}, "0.625"),
        ({"kind": "stays", "layer": -1, "at_least": 0.5}, "0.000"),
        ({"kind": "stays", "layer": 3}, "a model of 2 layers"),
        ({"kind": "reroutes", "text": "t0", "groups": ["a", "a"]}, "layer 1: both use [0, 1]"),
        ({"kind": "reroutes", "text": "t0", "groups": ["a", "b"]}, "no 't0' in b"),
    ],
)
def test_statement_that_is_false_says_what_was_found(fields, found):
    assert statement(**fields).broken(TRACE) == found


def test_statement_of_an_unknown_kind_is_refused():
    with pytest.raises(ValidationError, match="same_experts"):
        statement(kind="pretty")


def test_every_kind_says_what_it_holds_for_by_default():
    made = statement(kind="same_experts", group="a")
    assert (made.experts, made.k) == ([8, 16, 32, 64], [2])
