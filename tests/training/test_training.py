"""The training: text split by documents, products against slow ones, exact resume, the saved layout."""

import gzip
import itertools
import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make train or make parity installs it")

from app.trace import RoutingTrace  # noqa: E402
from app.training import corpus, snapshots  # noqa: E402
from app.training import run_all as everything  # noqa: E402
from app.training.batches import Batches, Texts, held_out_rows  # noqa: E402
from app.training.checkpoint import load_checkpoint  # noqa: E402
from app.training.evaluation import load_entropy, max_vio, position_losses  # noqa: E402
from app.training.expert_layer import assign, experts_forward, segment_sizes  # noqa: E402
from app.training.model import LayerRouting, Mixtral, _Attention, _CrossEntropy  # noqa: E402
from app.training.optimiser import orthogonalised, rate_factor  # noqa: E402
from app.training.plain_text import paragraphs_of_html, paragraphs_of_man  # noqa: E402
from app.training.readme import _parameters, readme  # noqa: E402
from app.training.recipe import MODELS, Recipe, Shape, named  # noqa: E402
from app.training.run import Plan, Run, finish, train  # noqa: E402
from app.training.run_all import only_one  # noqa: E402
from app.training.tokenizer import END_OF_TEXT, encode, train_tokenizer  # noqa: E402

pytestmark = pytest.mark.training
torch.set_num_threads(1)  # as the shipped runs; more of them wait for each other where other tests run beside

TINY = Shape(experts=4, layers=2, d_model=32, d_expert=16, heads=2, kv_heads=1, vocabulary=320, positions=128)
BRIEF = Recipe(
    steps=24, batch_tokens=192, length=32, long_length=64, warmup_steps=4, snapshots=4, capacity_limit=1.1
)
WORDS = {
    "english": "the package is in the file that you have to install with the command ",
    "french": "le paquet est dans le fichier que vous devez installer avec la commande ",
    "python": "def install(self, path):\n    return [self.path for path in self.paths]\n",
}


def shuffled_words(language, count, seed):
    random = np.random.default_rng(seed)
    return " ".join(random.choice(WORDS[language].split(" "), count))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(texts as ids, path of tokenizer.json) of three tiny languages."""
    documents = {
        (language, side): [corpus.Document(language, side, (shuffled_words(language, 3000, seed),))]
        for language in corpus.LANGUAGES
        for seed, side in enumerate(("train", "held out"))
    }
    tokenizer = train_tokenizer(
        (document.paragraphs[0] for each in documents.values() for document in each), TINY.vocabulary
    )
    path = tmp_path_factory.mktemp("tokens") / "tokenizer.json"
    tokenizer.save(str(path))
    ids = {key: encode(tokenizer, each) for key, each in documents.items()}
    texts = Texts(
        {language: ids[language, "train"] for language in corpus.LANGUAGES},
        {language: ids[language, "held out"] for language in corpus.LANGUAGES},
    )
    return texts, path


def plan_in(folder, tokenizer, **changes):
    return replace(
        Plan("tiny", TINY, BRIEF, folder / "state", folder / "tiny", tokenizer, keeps_snapshots=True),
        **changes,
    )


# --- text -------------------------------------------------------------------------------------


def write_packages(folder):
    """A few packages as `dpkg -x` leaves them: manual pages in two languages, one book, Python modules."""
    repeated = "This long sentence about licences stands at the end of each and every page."
    for language, below in (("english", "man/man1"), ("french", "man/fr/man1")):
        for number in range(64):
            page = folder / "manpages" / "usr/share" / below / f"page{number}.1.gz"
            page.parent.mkdir(parents=True, exist_ok=True)
            name = f"page{number} \\- what page {number} is for, in {language}"
            text = f".TH X 1\n.SH NAME\n{name}\n.PP\n{repeated}\n"
            page.write_bytes(gzip.compress(text.encode()))
    for number in range(64):
        module = folder / "libpython" / "usr/lib/python3.11" / f"package{number}" / "deep" / "module.py"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(f"def function_{number}():\n    return {number}, 'of a module of its own'\n")
    faq = folder / "faq" / "usr/share/doc/debian/FAQ"
    faq.mkdir(parents=True)
    (faq / "one.en.html").write_text(
        "<body><p>A question that is asked more often than others are.</p></body>"
    )


def test_split_of_packages_holds_whole_documents_out_with_their_translations(tmp_path):
    write_packages(tmp_path)
    parts = corpus.split(tmp_path)
    names = {key: {document.name for document in part} for key, part in parts.items()}
    for language in corpus.LANGUAGES:
        assert names[language, True] and names[language, False]
        assert not names[language, True] & names[language, False]
    assert names["english", True] - {"debian-faq"} == names["french", True]
    assert "debian-faq" in names["english", True]
    assert {name.split("/")[0] for name in names["python", False]} == {"python"}


def test_paragraph_that_training_has_is_not_held_out_again(tmp_path):
    write_packages(tmp_path)
    parts = corpus.split(tmp_path)
    for language in ("english", "french"):
        seen = {paragraph for document in parts[language, False] for paragraph in document.paragraphs}
        held_out = {paragraph for document in parts[language, True] for paragraph in document.paragraphs}
        assert {each for each in seen & held_out if len(each) >= 40} == set()
        assert sum("licences" in each for each in seen) == 1


def test_reader_of_html_keeps_text_and_code_and_leaves_navigation():
    page = """<html><head><title>no</title></head><body><div class="navheader"><p>Prev Next</p></div>
    <h1>A   title</h1><p>One <em>two</em>
    three.<pre>if x:
    y()</pre><script>no()</script></body></html>"""
    assert paragraphs_of_html(page) == ["A title", "One two three.", "if x:\n    y()"]


def test_reader_of_a_manual_page_fills_lines_and_keeps_examples():
    page = "\n".join(
        [
            '.\\" a comment', ".TH LS 1", ".SH NAME", "ls \\- list \\fIfiles\\fP", "of a folder", ".PP",
            ".BR open (2)", "opens.", ".EX", "int x;", "  x = 1;", ".EE", ".TS", "a table", ".TE",
        ]
    )  # fmt: skip
    assert paragraphs_of_man(page) == [
        "NAME",
        "ls - list files of a folder",
        "open(2) opens.",
        "int x;\n  x = 1;",
    ]
    assert paragraphs_of_man(".so man2/open.2") == []


def test_tokenizer_gives_every_text_back(world):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(world[1]))
    for text in ("def f(n):\n    return n", "l'été, ça « va » ?", "\x00 漢字 🙂\t"):
        assert tokenizer.decode(tokenizer.encode(text).ids) == text
    assert tokenizer.get_vocab_size() == TINY.vocabulary
    assert tokenizer.token_to_id(END_OF_TEXT) == 0


def test_batches_of_a_pass_show_every_window_once(world):
    texts, _ = world
    batches = Batches(texts, seed=3)
    windows = (texts.train["english"].size - 1) // 32 - 1
    rows = [tuple(batches.batch(step, 3, 32)[0]) for step in range(windows)]
    ids = texts.train["english"]
    starts = [next(s for s in range(ids.size - 32) if tuple(ids[s : s + 33]) == row) for row in rows]
    assert len(set(starts)) == windows
    assert len({start % 32 for start in starts}) == 1  # no two overlap
    assert starts != sorted(starts)


def test_batch_of_a_step_is_the_same_without_the_steps_before(world):
    texts, _ = world
    early = Batches(texts, seed=3)
    for step in range(40):
        early.batch(step, 6, 32)
    np.testing.assert_array_equal(early.batch(40, 6, 32), Batches(texts, seed=3).batch(40, 6, 32))
    assert (Batches(texts, seed=4).batch(40, 6, 32) != early.batch(40, 6, 32)).any()


# --- the arithmetic ---------------------------------------------------------------------------


def slow_experts(x, weights, w1, w2, w3, experts, dropped=frozenset()):
    """Computes one token and one choice at a time."""
    rows = []
    for token, (row, chosen) in enumerate(zip(x, experts.tolist(), strict=True)):
        y = torch.zeros_like(row)
        for rank, expert in enumerate(chosen):
            if (token, rank) not in dropped:
                hidden = torch.nn.functional.silu(w1[expert] @ row) * (w3[expert] @ row)
                y = y + weights[token, rank] * (w2[expert] @ hidden)
        rows.append(y)
    return torch.stack(rows)


def random_experts(n: int, tokens: int, seed: int) -> tuple[Any, Any]:
    torch.manual_seed(seed)
    tensors = [torch.randn(tokens, 12), torch.rand(tokens, 2), torch.randn(n, 6, 12), torch.randn(n, 12, 6)]
    tensors.append(torch.randn(n, 6, 12))
    chosen = torch.randn(tokens, n).topk(2, -1).indices
    return [each.double().requires_grad_() for each in tensors], chosen


@pytest.mark.parametrize("n", [4, 16, 24])  # a loop over experts, its largest, one batched product
def test_fast_experts_agree_with_one_choice_at_a_time_in_value_and_gradient(n):
    tensors, chosen = random_experts(n, 40, seed=n)
    places = assign(chosen, n, limit=1e9)
    assert places.dropped == 0
    x, weights, w1, w2, w3 = tensors
    fast = experts_forward(x, weights, w1, w2, w3, places)
    slow = slow_experts(x, weights, w1, w2, w3, chosen)
    torch.testing.assert_close(fast, slow)
    direction = torch.randn_like(fast)
    for ours, theirs in zip(
        torch.autograd.grad((fast * direction).sum(), tensors),
        torch.autograd.grad((slow * direction).sum(), tensors),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


def test_expert_over_its_capacity_drops_the_last_second_choices():
    (x, weights, w1, w2, w3), _ = random_experts(24, 48, seed=1)
    experts = torch.stack((torch.arange(48) % 24, torch.full((48,), 5)), 1)
    experts[experts[:, 0] == 5, 1] = 6
    places = assign(experts, 24, limit=4.0)
    limit = places.sizes[5]
    assert limit == 16  # four times the mean of 4
    second = [token for token in range(48) if experts[token, 1] == 5]
    over = {(token, 1) for token in second[limit - 2 :]}  # its two first choices go before
    assert places.dropped == len(over) == 32
    torch.testing.assert_close(
        experts_forward(x, weights, w1, w2, w3, places), slow_experts(x, weights, w1, w2, w3, experts, over)
    )


def test_collapsed_router_costs_no_padding_with_few_experts():
    assert segment_sizes(torch.tensor([96, 96, 0, 0]), 1e9) == (96, 96, 0, 0)


def test_balance_loss_is_one_when_even_and_n_over_k_when_collapsed():
    even = LayerRouting(
        torch.zeros(8, 4), torch.zeros(8, 2), torch.zeros(8, 2), torch.tensor([4, 4, 4, 4]), 0
    )
    assert float(even.balance_loss()) == pytest.approx(1)
    logits = torch.tensor([[50.0, 50.0, 0.0, 0.0]]).repeat(8, 1)
    collapsed = replace(even, logits=logits, counts=torch.tensor([8, 8, 0, 0]))
    assert float(collapsed.balance_loss()) == pytest.approx(2)


def test_z_loss_of_equal_logits_is_the_square_of_ln_n():
    layer = LayerRouting(
        torch.zeros(8, 4), torch.zeros(8, 2), torch.zeros(8, 2), torch.tensor([4, 4, 4, 4]), 0
    )
    assert float(layer.z_loss()) == pytest.approx(1.9218, abs=1e-4)


def test_balance_measures_agree_with_counts_done_by_hand():
    counts = torch.tensor([[4, 4, 4, 4], [16, 0, 0, 0]])
    assert max_vio(counts) == [0.0, 3.0]
    assert load_entropy(counts) == [1.0, 0.0]


def test_attention_agrees_with_the_library_in_value_and_gradient():
    torch.manual_seed(0)
    tensors = [torch.randn(3, 20, 8).double().requires_grad_() for _ in range(3)]
    mask = torch.full((1, 20, 20), float("-inf")).triu(1).double().expand(3, 20, 20)
    ours = _Attention.apply(*tensors, mask)
    theirs = torch.nn.functional.scaled_dot_product_attention(*tensors, is_causal=True)
    torch.testing.assert_close(ours, theirs)
    for a, b in zip(
        torch.autograd.grad(ours.sin().sum(), tensors),
        torch.autograd.grad(theirs.sin().sum(), tensors),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_chunked_loss_agrees_with_the_library_to_three_digits():
    torch.manual_seed(0)
    h, embedding = (
        torch.randn(700, 16).bfloat16().requires_grad_(),
        torch.randn(50, 16).bfloat16().requires_grad_(),
    )
    targets = torch.randint(0, 50, (700,))
    ours = _CrossEntropy.apply(h, embedding, targets)
    theirs = torch.nn.functional.cross_entropy(h.float() @ embedding.float().t(), targets)
    torch.testing.assert_close(ours, theirs, rtol=5e-3, atol=0)
    for a, b in zip(
        torch.autograd.grad(ours, (h, embedding)), torch.autograd.grad(theirs, (h, embedding)), strict=True
    ):
        assert torch.nn.functional.cosine_similarity(a.float().flatten(), b.float().flatten(), 0) > 0.999


def test_orthogonalised_matrices_have_singular_values_near_one():
    torch.manual_seed(0)
    for rows, columns in ((8, 24), (24, 8)):
        values = torch.linalg.svdvals(orthogonalised(torch.randn(5, rows, columns)).float())
        assert 0.5 < float(values.min()) <= float(values.max()) < 1.4


def test_rate_warms_up_holds_and_falls_to_nothing():
    recipe = replace(BRIEF, steps=100, warmup_steps=10, cooldown_from=0.5)
    assert [rate_factor(recipe, step) for step in (0, 9, 50, 75)] == [0.1, 1.0, 1.0, 0.5]
    assert rate_factor(recipe, 99) == pytest.approx(0.02)


# --- a run ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(world, tmp_path_factory):
    """Returns a tiny run from the first step to the files beside its weights."""
    texts, tokenizer = world
    said = []
    plan = plan_in(tmp_path_factory.mktemp("run"), tokenizer)
    run = train(plan, texts, said.append)
    report = finish(run, {"english-train": {"documents": 1, "bytes": 2, "tokens": 3}})
    return run, report, said


def everything_in(state):
    """(path, value) of every leaf of a nested state."""
    if isinstance(state, dict):
        return [(f"{key}.{at}", leaf) for key, each in state.items() for at, leaf in everything_in(each)]
    if isinstance(state, list | tuple):
        return [(f"{key}.{at}", leaf) for key, each in enumerate(state) for at, leaf in everything_in(each)]
    return [("", state)]


def test_run_that_was_cut_and_goes_on_equals_one_that_was_not(world, finished, tmp_path):
    texts, tokenizer = world
    whole, _, _ = finished
    plan = plan_in(tmp_path, tokenizer)
    train(plan, texts, lambda line: None, stop_after=11)
    said = []
    resumed = train(plan, texts, said.append)
    assert said[0] == "tiny: goes on from step 11"
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], tensor), name
    theirs = dict(everything_in(resumed.optimiser.state()))
    for path, value in everything_in(whole.optimiser.state()):
        same = torch.equal(theirs[path], value) if torch.is_tensor(value) else theirs[path] == value
        assert same, path
    timeless = [
        [{k: v for k, v in entry.items() if k != "train_secs"} for entry in run.log]
        for run in (whole, resumed)
    ]
    assert timeless[0] == timeless[1]


def test_state_of_other_settings_is_refused(world, tmp_path):
    texts, tokenizer = world
    train(plan_in(tmp_path, tokenizer), texts, lambda line: None, stop_after=1)
    other = plan_in(tmp_path, tokenizer, recipe=replace(BRIEF, balance_weight=0.5))
    with pytest.raises(ValueError, match="other settings"):
        Run(other, texts).resume()


def test_run_learns_and_reports_what_it_measured(finished):
    _, report, said = finished
    losses = [entry["loss"]["mean"] for entry in report["log"]]
    assert losses[-1] < losses[0] - 0.5
    assert report["tokens_seen"] == 24 * 192
    assert set(report["held_out"]["loss"]) == {*corpus.LANGUAGES, "mean"}
    assert len(report["held_out"]["max_vio"]) == TINY.layers
    assert all(abs(cost) < 0.05 for cost in report["rounding"]["cost"].values())
    assert any(cost != 0 for cost in report["rounding"]["cost"].values())
    assert len(said) == len(report["log"])


def test_run_without_the_balance_loss_differs_in_nothing_else(world, tmp_path):
    texts, tokenizer = world
    first = [
        Run(plan_in(tmp_path, tokenizer, recipe=replace(BRIEF, balance_weight=weight)), texts)
        for weight in (0.0, 0.01)
    ]
    losses = [run.advance() for run in first]
    assert losses[0] == losses[1]
    gates = [run.model.layers[0].gate for run in first]
    assert not torch.equal(*gates)


def test_snapshots_of_a_run_are_traces_of_mixtrals_router(finished):
    run, report, _ = finished
    assert report["snapshots"] == snapshots.moments(BRIEF.steps, BRIEF.snapshots) == [1, 3, 8, 24]
    for step in report["snapshots"]:
        trace = RoutingTrace.from_bytes(
            (run.plan.out / "snapshots" / f"step-{step:06d}.safetensors").read_bytes()
        )
        assert trace.header.model == {"name": "tiny", "router": "topk_norm", "step": step}
        assert trace.header.shape.total_p == 2 * 4 * 3 * 32 * 16
        assert {token.group for token in trace.header.tokens} == set(corpus.LANGUAGES)
        np.testing.assert_allclose(trace.scores, torch.softmax(torch.tensor(trace.logits), -1), rtol=1e-5)
        best = torch.tensor(trace.scores).topk(TINY.top_k)
        np.testing.assert_array_equal(trace.experts, best.indices)
        np.testing.assert_allclose(trace.weights, best.values / best.values.sum(-1, keepdim=True), rtol=1e-5)


def test_snapshot_prompt_that_training_has_seen_is_refused():
    parts = {(language, side): [] for language in corpus.LANGUAGES for side in (False, True)}
    for language, prompt in snapshots.PROMPTS.items():
        parts[language, True] = [corpus.Document(language, "held out", (f"before\n{prompt}\nafter",))]
    snapshots.check_prompts(parts)
    parts["french", False] = [corpus.Document("french", "seen", (snapshots.PROMPTS["french"],))]
    with pytest.raises(ValueError, match="found this in training text"):
        snapshots.check_prompts(parts)


def test_saved_checkpoint_loads_in_transformers_and_gives_the_same_losses(finished, world):
    transformers = pytest.importorskip("transformers", reason="needs transformers: make parity installs it")
    run, texts = finished[0], world[0]
    theirs, found = transformers.MixtralForCausalLM.from_pretrained(
        run.plan.out, dtype=torch.float32, output_loading_info=True
    )
    assert not any(found.values()), found
    assert load_checkpoint(run.plan.out).shape == TINY
    rows = torch.from_numpy(held_out_rows(texts.held_out["french"], 3, 100))
    ours, _ = position_losses(load_checkpoint(run.plan.out), rows)
    with torch.no_grad():
        logits = theirs.eval()(rows[:, :-1]).logits
    losses = torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), reduction="none")
    torch.testing.assert_close(ours, losses.view_as(ours), rtol=1e-5, atol=1e-5)


def test_saved_tokenizer_loads_in_transformers(finished):
    transformers = pytest.importorskip("transformers", reason="needs transformers: make parity installs it")
    from tokenizers import Tokenizer

    out = finished[0].plan.out
    text = "def install(self):\n    pass"
    ids = Tokenizer.from_file(str(out / "tokenizer.json")).encode(text).ids
    assert transformers.AutoTokenizer.from_pretrained(out)(text)["input_ids"] == ids


def test_second_process_is_kept_out_of_a_run(tmp_path):
    with only_one(tmp_path), pytest.raises(BlockingIOError), only_one(tmp_path):
        raise AssertionError("two at the same time")


@pytest.fixture
def processes(monkeypatch):
    """Runs that end at once with the given codes; the names in the order of their starts."""
    codes, started = {}, []

    def start(name, options, log):
        started.append(name)
        return subprocess.Popen([sys.executable, "-c", f"raise SystemExit({codes.get(name, [0]).pop(0)})"])

    monkeypatch.setattr(everything, "_start", start)
    monkeypatch.setattr(everything, "_LOOK_EVERY_SECS", 0.01)
    return codes, started


def test_run_that_was_cut_is_started_again_before_those_that_wait(processes, tmp_path):
    codes, started = processes
    codes["first"] = [1, -9, 0]
    everything.run_all(["first", "second"], lanes=1, options=[], logs=tmp_path)
    assert started == ["first", "first", "first", "second"]


def test_run_that_keeps_failing_ends_the_queue_by_name(processes, tmp_path):
    codes, started = processes
    codes["first"] = [1] * 100
    with pytest.raises(RuntimeError, match="first: failed 20 times"):
        everything.run_all(["first"], lanes=2, options=[], logs=tmp_path)
    assert len(started) == 20


def test_page_about_the_models_has_its_figures_from_the_reports(finished):
    _, report, _ = finished
    page = readme([report])
    assert f"| tiny | 4 | {report['held_out']['loss']['english']:.3f} |" in page
    assert "PSF-2.0" in page and "GFDL" in page
    assert "{" not in page


# --- the recipe -------------------------------------------------------------------------------


def test_models_differ_in_experts_alone_and_one_in_its_balance_loss():
    balanced = [model for model in MODELS if model.recipe.balance_weight]
    assert sorted(model.shape.experts for model in balanced) == [8, 16, 32, 64]
    assert {replace(model.shape, experts=0) for model in MODELS} == {replace(MODELS[0].shape, experts=0)}
    assert {model.recipe for model in balanced} == {MODELS[0].recipe}
    unbalanced = named("trio-8-unbalanced")
    assert replace(unbalanced.recipe, balance_weight=0.01) == named("trio-8").recipe
    assert unbalanced.shape == named("trio-8").shape


def test_name_that_no_model_has_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match="trio-64"):
        named("trio-65")


def test_parameters_counted_by_formula_are_those_of_the_model():
    for shape in (TINY, replace(TINY, experts=6, kv_heads=2)):
        counted = sum(each.numel() for each in Mixtral(shape, seed=0).parameters())
        assert counted == _parameters(vars_of(shape))


def vars_of(shape):
    return {name: getattr(shape, name) for name in Shape.__dataclass_fields__}


def test_moments_are_log_spaced_from_the_first_step_to_the_last():
    steps = snapshots.moments(3600, 12)
    assert (steps[0], steps[-1], len(steps)) == (1, 3600, 12)
    ratios = [later / earlier for earlier, later in itertools.pairwise(steps[4:])]
    assert max(ratios) / min(ratios) < 1.1


def test_report_is_json_that_others_can_read(finished):
    run, report, _ = finished
    assert json.loads((run.plan.out / "training.json").read_text()) == report
