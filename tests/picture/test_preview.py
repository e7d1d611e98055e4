import re
from pathlib import Path
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.picture.caption import clean, cut
from app.picture.groups import TINTS, ServedGroups
from app.picture.layout import RING_TURN, place
from app.picture.moment import Moment, first_ring, until
from app.picture.preview import HEIGHT, LEVELS, WIDTH, count_uses, draw_preview, levels_of, main_token
from app.settings import ROOT, Settings
from app.shape import ModelShape
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry
from app.trace import RoutingTrace, Token, TraceHeader
from app.wording import ENGLISH
from tests.trace_factory import trace_of

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def sources():
    return SourceRegistry(load_scenarios(Settings().scenarios), Settings().models)


def drawn(sources, **request):
    return draw_preview(sources.open(sources.parse(request)).trace())


def made(texts, title="T"):
    """Returns a trace of random routing with these tokens."""
    random, shape = np.random.default_rng(1), ModelShape(3, 5, 2, 8, 8)
    experts = np.argsort(random.random((len(texts), 3, 5)))[..., :2].astype(np.int32)
    scores = np.full((len(texts), 3, 5), 0.2, np.float32)
    origin = {"source": "authored", "badge": "AUTHORED", "title": title}
    header = TraceHeader(tuple(map(Token, texts)), shape, {"name": "m"}, origin)
    return RoutingTrace(header, scores, experts, np.full(experts.shape, 0.5, np.float32))


def test_every_tower_is_drawn_at_the_level_of_its_load(sources):
    trace = sources.open(sources.parse({"experts": 64, "k": 4})).trace()
    levels = levels_of(count_uses(trace), trace.experts[main_token(trace)])
    uses = ElementTree.fromstring(draw_preview(trace)).iter(f"{SVG}use")
    found = [use.get("href") for use in uses]
    assert len(found) == 6 * 64
    assert [found.count(f"#t{level}") for level in range(LEVELS)] == np.bincount(
        levels.ravel(), minlength=6
    ).tolist()
    assert ((levels > 0) == (count_uses(trace) > 0)).all(), "a tower is lit that nobody used, or the reverse"


def test_the_picture_carries_badge_counters_and_prompt(sources):
    picture = drawn(sources, scenario="code", experts=64)
    words = "".join(ElementTree.fromstring(picture).itertext())
    for word in (
        "AUTHORED",
        "TOTAL_P",
        "9.44M",
        "ACTIVE_P",
        "295k",
        "EXPERTS_HIT",
        "of 384",
        "def fibonacci",
    ):
        assert word in words


def test_the_picture_is_small(sources):
    assert len(drawn(sources, experts=64, k=4).encode()) < 60_000


def test_a_stack_of_thousands_is_drawn_with_dots():
    trace = trace_of(np.random.default_rng(1).integers(0, 256, (4, 61, 8)), 256)
    picture = draw_preview(trace)
    assert len(picture) < 400_000
    assert picture.count("h0") == 61 * 256


def test_the_same_trace_gives_the_same_picture(sources):
    assert drawn(sources) == drawn(sources)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=12), st.text(max_size=80))
def test_no_text_becomes_markup(texts, title):
    harmless = [
        element.tag for element in ElementTree.fromstring(draw_preview(made(["a"] * len(texts)))).iter()
    ]
    found = [element.tag for element in ElementTree.fromstring(draw_preview(made(texts, title))).iter()]
    assert set(found) == set(harmless)
    for name in ("use", "ellipse", "circle", "rect", "clipPath"):
        assert found.count(SVG + name) == harmless.count(SVG + name)


def test_markup_in_a_prompt_is_text():
    picture = draw_preview(made(['</text><script>alert("1")</script>', "&amp;", "\0\x1b\u202e"], "<b>'x'"))
    assert "<script" not in picture
    assert '</text><script>alert("1")</script>&amp;···' in "".join(ElementTree.fromstring(picture).itertext())


@given(st.integers(1, 80), st.integers(2, 512))
def test_everything_is_within_the_picture(layers, experts):
    flat = place(ModelShape(layers, experts, 1, 1, 1), 84, 556, 322)
    tops = flat.planes[:, None] + flat.y
    assert tops.min() - flat.lift > 30
    assert tops.max() + flat.height < 572
    assert abs(flat.x).max() + flat.width / 2 < 350
    assert (np.diff(flat.planes) < 0).all(), "layers are not counted from below"


def test_rings_are_turned_against_each_other_as_in_the_scene():
    script = Path("static/js/scene/layout/layout.js").read_text(encoding="utf-8")
    turn = re.search(r"export const TURN = ([0-9.]+);", script)
    assert turn is not None
    assert float(turn[1]) == RING_TURN
    flat = place(ModelShape(6, 8, 1, 1, 1), 84, 556, 322)
    angles = np.unwrap(np.arctan2(flat.x / flat.radius[0], flat.y / flat.radius[1])[:, 0])
    assert np.allclose(np.diff(angles), RING_TURN)


def test_the_path_is_that_of_the_last_word():
    assert main_token(made(["to", " be", ".", "\n"])) == 1
    assert main_token(made([".", "?"])) == 1


@pytest.mark.parametrize(
    ("number", "text"), [(999, "999"), (294_912, "295k"), (1_179_648, "1.18M"), (656e9, "656B")]
)
def test_counts_are_written_in_three_digits(number, text):
    assert ENGLISH.count(number) == text


def test_a_text_is_cut_by_its_width():
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"
    assert cut("漢字漢字", 6) == "漢字…"
    assert clean("a\tb\u200bc") == "a⇥b·c"


def test_the_server_sends_the_picture_of_the_keys(server_url, sources):
    answer = httpx.get(f"{server_url}/preview.svg", params={"experts": 16, "mode": "all"})
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.text == drawn(sources, experts=16)
    assert re.match(rf'<svg [^>]*viewBox="0 0 {WIDTH} {HEIGHT}"', answer.text)
    again = httpx.get(
        answer.url, headers={"if-none-match": answer.headers["etag"], "accept-encoding": "gzip, deflate"}
    )
    assert again.status_code == 304
    assert httpx.get(f"{server_url}/preview.svg?k=0").status_code == 422


def test_the_picture_of_a_link_shows_what_had_happened_by_its_moment(sources):
    trace = sources.open(sources.parse({})).trace()
    tokens, layers = trace.experts.shape[:2]
    for mode, moment, events in (
        ("single", (2, 3), 2 * layers + 4),
        ("all", (0, 1), 2 * tokens),
        ("sequence", (0, 0), 1),
    ):
        seen = until(trace, Moment(*moment, mode))
        assert int((seen.experts[..., 0] >= 0).sum()) == events, mode
    end = until(trace, Moment(10**5, 10**3, "sequence"))
    assert (end.experts == trace.experts).all()
    assert draw_preview(trace, moment=Moment(1, 0, "sequence")) != draw_preview(trace)


def test_the_moment_of_a_link_is_read_from_its_keys():
    assert Moment.of({}) is None
    assert Moment.of({"mode": "all"}) is None
    assert Moment.of({"token": "3", "layer": "2"}) == Moment(2, 1, "sequence")
    assert Moment.of({"token": "x"}) is None


@pytest.mark.parametrize(("shot", "layer"), [("0", 0), ("2.7", 0), ("6.55", 0), ("9.2", 5)])
def test_preview_of_the_shot_follows_the_third_token_and_rises_with_it(shot: str, layer: int) -> None:
    moment = Moment.of({"shot": shot})
    assert moment is not None
    reached = moment.within(11, 6)
    assert (reached.token, reached.layer, reached.mode) == (2, min(layer, 5), "sequence")


@pytest.mark.parametrize(
    ("scenario", "word"), [("english", "river"), ("translate", "house"), ("code", "fibonacci")]
)
def test_preview_of_the_shot_follows_a_word_as_the_page_does(
    sources: SourceRegistry, scenario: str, word: str
) -> None:
    tokens = sources.open(sources.parse({"scenario": scenario})).header.tokens
    moment = Moment.of({"shot": "4"})
    assert moment is not None
    assert tokens[moment.following(tokens).token].text.strip() == word


RING = re.compile(r'<ellipse cx="420" cy="[^"]+" rx="322"')


@pytest.mark.parametrize(("shot", "rings"), [("2", 1), ("4", 1), ("9", 6)])
def test_preview_of_the_shot_draws_the_close_ring_and_then_the_stack(
    sources: SourceRegistry, shot: str, rings: int
) -> None:
    trace = sources.open(sources.parse({"scenario": "english"})).trace()
    moment = Moment.of({"shot": shot})
    assert len(RING.findall(draw_preview(trace, moment=moment))) == rings


def test_close_ring_has_all_experts_before_the_cut_and_the_chosen_ones_after_it(
    sources: SourceRegistry,
) -> None:
    trace = sources.open(sources.parse({"scenario": "english"})).trace()
    scored, chosen = (first_ring(trace, Moment(2, 0, "sequence", ring)) for ring in ("scored", "chosen"))
    assert set(scored.experts[scored.experts >= 0]) == set(range(8))
    assert not (scored.experts[2] >= 0).any()
    assert set(chosen.experts[chosen.experts >= 0]) == set(trace.experts[2, 0])


def tints_of(picture):
    """Returns the colours of groups that are somewhere in a picture."""
    return {tint for tint in TINTS if tint in picture}


def test_caps_and_trails_have_the_colours_of_the_groups_that_a_tower_served(sources):
    trace = sources.open(sources.parse({"scenario": "translate"})).trace()
    groups = ServedGroups.of(trace)
    names = list(dict.fromkeys(token.group for token in trace.header.tokens))
    assert groups is not None and len(groups.tokens) == len(names) == 3
    for token, number in zip(trace.header.tokens, groups.numbers, strict=True):
        assert names[number] == token.group
    for layer, expert in np.ndindex(*count_uses(trace).shape):
        there = (trace.experts[:, layer] == expert).any(axis=-1)
        bands = groups.bands(layer, expert)
        assert {group for group, _ in bands} == {groups.numbers[t] for t in np.flatnonzero(there)}
        assert sum(share for _, share in bands) == pytest.approx(1)
    assert tints_of(draw_preview(trace)) == set(
        TINTS
    )  # patterns of all are defined; lines of three are drawn
    root = ElementTree.fromstring(draw_preview(trace))
    lines = {path.get("stroke") for path in root.iter(f"{SVG}path")}
    assert lines & set(TINTS) == set(TINTS[:3])


def test_tints_of_groups_are_those_of_the_page_s_dark_theme():
    palettes = (ROOT / "static" / "js" / "view" / "palettes.js").read_text(encoding="utf-8")
    groups = palettes[palettes.index("export const GROUPS") :]
    dark = re.search(r"dark: \[(.*?)\]", groups)
    assert dark and tuple(re.findall(r"#[0-9a-f]{6}", dark[1])) == TINTS


def test_picture_in_heat_or_of_tokens_without_groups_has_no_colours_of_groups(sources):
    trace = sources.open(sources.parse({"scenario": "translate"})).trace()
    assert not tints_of(draw_preview(trace, grouped=False))
    assert not tints_of(draw_preview(made(["a", "b"])))


def test_words_of_the_prompt_are_underlined_as_in_the_strip(sources):
    trace = sources.open(sources.parse({"scenario": "translate"})).trace()
    groups = ServedGroups.of(trace)
    root = ElementTree.fromstring(draw_preview(trace))
    lines = [each for each in root.iter(f"{SVG}tspan") if each.get("text-decoration")]
    expected = [
        (each.text.strip(), TINTS[i]) for each, i in zip(trace.header.tokens, groups.numbers, strict=True)
    ]
    assert [("".join(each.itertext()), each.get("fill")) for each in lines] == expected
