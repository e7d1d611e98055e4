"""Tours and questions: shipped ones are valid and true; wrong files are reported and affect no other."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from app.commands.check import check
from app.lessons.caption_figures import agrees
from app.lessons.check import check_lessons, views_of
from app.lessons.glossary_terms import TERMS, marked, plain
from app.lessons.library import load_lessons
from app.lessons.view_query import keys_of
from app.page.boot import boot
from app.request.view_keys import VIEW_KEY_NAMES
from app.settings import ROOT, Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry

FOLDER = Settings().scenarios
LESSONS = load_lessons(FOLDER)
TOUR = """
title = "T"
summary = "S"
[[steps]]
caption = "See the {load}."
view = "scenario=code&k=4"
figures = { k = 4 }
"""
QUESTION = """
[[questions]]
name = "a"
asks = "Which?"
choices = ["this", "that"]
answer = 1
shows = "k=1"
says = "Look."
"""
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)?(?![\w])")


@pytest.fixture(scope="module")
def sources():
    return SourceRegistry(load_scenarios(FOLDER), Settings().models)


def texts():
    """Everything that a person reads of the shipped lessons, with the figures and the view that back it."""
    for tour in LESSONS.tours.values():
        for i, step in enumerate(tour.steps):
            for language, text in (("en", step.caption), ("fr", step.fr)):
                yield pytest.param(text, step, id=f"{tour.name}-{i + 1}-{language}")
    for question in LESSONS.questions:
        for language, words in (("en", question), ("fr", question.fr)):
            yield pytest.param(words.says, question, id=f"{question.name}-{language}")


def written(folder: Path, tour: str = TOUR, question: str = QUESTION) -> Path:
    """Returns a folder with a scenario, a tour and a question."""
    for part in ("tours", "quiz"):
        (folder / part).mkdir()
    (folder / "code.toml").write_text((FOLDER / "code.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "tours" / "mine.toml").write_text(tour, encoding="utf-8")
    (folder / "quiz" / "mine.toml").write_text(question, encoding="utf-8")
    return folder


def test_check_finds_nothing_wrong_in_what_is_shipped_models_included(sources):
    assert LESSONS.problems == []
    assert list(check_lessons(LESSONS, sources.library.scenarios, sources.available, VIEW_KEY_NAMES)) == []


def test_newcomer_is_offered_five_tours_and_six_to_ten_questions():
    assert list(LESSONS.tours) == ["decision", "first", "total-active", "collapse", "learned"]
    assert 6 <= len(LESSONS.questions) <= 10


def test_every_view_of_a_lesson_means_to_the_page_what_it_says(sources):
    """The real parser, so that a tour cannot rot when a key changes."""
    views = [view for _, _, view, _ in views_of(LESSONS)]
    told = json.dumps({"boot": boot(sources, embed=False), "views": views})
    script = ROOT / "tests" / "js" / "parse_views.js"
    answer = subprocess.run(["node", str(script)], input=told, capture_output=True, text=True, check=True)
    for view, found in zip(views, json.loads(answer.stdout), strict=True):
        assert found == {"notices": [], "unknown": [], "same": True}, view


@pytest.mark.parametrize(("text", "lesson"), list(texts()))
def test_every_number_of_a_caption_is_counted_or_stands_in_its_view(text, lesson):
    view = lesson.view if hasattr(lesson, "caption") else lesson.shows
    backed = {*lesson.figures.values(), *(float(v) for v in keys_of(view).values() if NUMBER.fullmatch(v))}
    stated = {
        float(number.replace(",", ".")) for number in NUMBER.findall(plain(text).replace("DeepSeek-V3", ""))
    }
    assert stated <= backed


@pytest.mark.parametrize(("text", "lesson"), list(texts()))
def test_captions_are_short_and_in_both_languages(text, lesson):
    assert text and len(plain(text)) <= 250
    assert set(marked(text)) <= set(TERMS)


def test_tours_use_what_the_lab_has():
    """Routers, skew, capacity and updates, and a second stack."""
    used = {key for _, _, view, _ in views_of(LESSONS) for key in keys_of(view)}
    assert {"router", "skew", "capacity", "updates", "b.source", "b.model", "panel", "path"} <= used


def test_glossary_has_the_terms_in_every_language():
    for language in ("en", "fr"):
        text = (ROOT / "static" / "js" / "words" / f"glossary.{language}.js").read_text(encoding="utf-8")
        assert tuple(re.findall(r"^  (\w+): \{", text, re.M)) == TERMS


@pytest.mark.parametrize(
    ("change", "field", "found"),
    [
        (("{load}", "{lode}"), "steps.0.caption", "'lode'"),
        (("{load}", "{load"), "steps.0.caption", "{load"),
        (('"scenario=code&k=4"', '"scenario"'), "steps.0.view", "'scenario'"),
        (("k=4", "k=4&k=5"), "steps.0.view", "'k'"),
        (("k=4", "tour=mine"), "steps.0.view", "'tour'"),
        (("k=4", "kk=4"), "steps.0", "'kk'"),
        (("k=4", "k=99"), "steps.0.k", "99"),
        (("scenario=code", "scenario=cod"), "steps.0.scenario", "'cod'"),
        (("k = 4", "k = 3"), "steps.0.figures.k", "4"),
        (("k = 4", "kay = 4"), "steps.0.figures.kay", "'kay'"),
        (('summary = "S"', ""), "summary", "nothing"),
        (("caption", "capton"), "steps.0.capton", "an unknown field"),
    ],
)
def test_author_is_told_file_field_and_value_of_a_wrong_tour(tmp_path, change, field, found):
    problems = check(written(tmp_path, tour=TOUR.replace(*change)))
    told = [problem for problem in problems if problem.field == field]
    assert told and told[0].file == "tours/mine.toml" and found in told[0].found and told[0].expected


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("answer = 1", "answer = 3"), "questions.0.answer"),
        (('["this", "that"]', '["this"]'), "questions.0.choices"),
        (('"k=1"', '"k=0"'), "questions.0.shows.k"),
    ],
)
def test_author_is_told_the_field_of_a_wrong_question(tmp_path, change, field):
    problems = check(written(tmp_path, question=QUESTION.replace(*change)))
    assert field in [problem.field for problem in problems]


def test_a_wrong_tour_stops_nothing(tmp_path):
    folder = written(tmp_path)
    assert check(folder) == []
    (folder / "tours" / "broken.toml").write_text("title = ", encoding="utf-8")
    lessons = load_lessons(folder)
    assert list(lessons.tours) == ["mine"] and len(lessons.questions) == 1
    assert [problem.file for problem in lessons.problems] == ["tours/broken.toml"]


def test_a_link_that_names_a_step_is_filled_up_and_a_whole_address_is_not():
    assert LESSONS.filled({"tour": "collapse", "at": "2"})["skew"] == "8"
    assert LESSONS.filled({"tour": "collapse", "at": "2", "skew": "5"})["skew"] == "5"
    assert LESSONS.filled({"tour": "first"}) == {"scenario": "code", "tour": "first"}
    assert LESSONS.filled({"quiz": "1"})["scenario"] == "english"
    for whole in ({"tour": "collapse", "at": "2", "v": "1"}, {"tour": "none"}, {"quiz": "99"}, {"k": "4"}):
        assert LESSONS.filled(whole) == whole


@pytest.mark.parametrize(
    ("stated", "found", "right"),
    [(0.33, 0.3333, True), (0.33, 0.34, False), (78, 77.8, True), (78, 77.4, False), (3, 3.0, True)],
)
def test_a_figure_agrees_to_the_last_digit_that_is_written(stated, found, right):
    assert agrees(stated, found) is right
