"""The claim's protocol: its page, the rule of the verdict, the choice of a recipe."""

import re

import numpy as np
import pytest
from scipy import stats

from experiments import fair_claim
from experiments import false_alarms as claim_verdict
from notebook_env import ROOT
from vae_lib import training


def test_the_page_and_the_code_offer_the_same_six_recipes():
    page = (ROOT / "experiments" / "claim_protocol.md").read_text("utf-8")
    rows = re.findall(r"^\| \d \| ([\d.]+) \| (\d) \| (yes|no) \|$", page, re.MULTILINE)
    assert [
        {"learning_rate": float(r), "lr_warmup": int(w), "batch_norm": b == "yes"}
        for r, w, b in rows
    ] == list(fair_claim.CANDIDATES)
    assert not set(fair_claim.SEEDS) & {fair_claim.FIRST_SEED, fair_claim.SECOND_SEED}


@pytest.mark.parametrize(
    ("numbers", "word"),
    [
        ((0.01, 0.9, 6.0, 12.0), "much better"),
        ((0.01, 0.9, 4.0, 12.0), "better"),
        ((0.01, 0.1, -12.0, -4.0), "worse"),
        ((0.2, 0.6, -3.0, 4.0), "no much better"),
        ((0.2, 0.6, -3.0, 8.0), "not shown"),
        ((0.051, 0.9, 6.0, 12.0), "not shown"),
    ],
)
def test_the_five_words(numbers, word):
    assert claim_verdict.verdict(*numbers) == word


def test_holm_by_hand():
    assert claim_verdict.holm([0.04, 0.01]) == pytest.approx([0.04, 0.02])
    assert claim_verdict.holm([0.02, 0.03]) == pytest.approx([0.04, 0.04])
    assert claim_verdict.holm([0.6, 0.9]) == pytest.approx([1.0, 1.0])


def test_the_interval_of_shifts_is_the_test_turned_round():
    rng = np.random.default_rng(3)
    a, b = 75 + 2 * rng.normal(size=8), 70 + rng.normal(size=8)
    low, high = claim_verdict.shift_interval(a, b, 0.025)
    assert low < np.median(np.subtract.outer(a, b)) < high
    middle = 0.5 * (low + high)
    for shift, rejected in ((low - 0.01, True), (high + 0.01, True), (middle, False)):
        p_value = stats.brunnermunzel(a - shift, b).pvalue
        permuted = claim_verdict.brunner_munzel_test(a - shift, b).p_value
        assert (permuted <= 0.025) is rejected
        assert bool(p_value <= 0.05) is rejected  # the approximation, with room
    # One collapsed run hardly moves it, but ruins an interval of the means.
    a[0] -= 40.0
    assert claim_verdict.shift_interval(a, b, 0.025)[1] < high + 0.01


def test_p_values_by_the_table_are_those_of_the_test():
    rng, table = np.random.default_rng(4), claim_verdict.null_table()
    for _ in range(3):
        a, b = rng.normal(size=10) + 0.7, 3.0 * rng.normal(size=10)
        exact = claim_verdict.brunner_munzel_test(a, b).p_value
        assert claim_verdict.p_value_from(table, a, b) == exact


def test_the_simulated_hypothesis_is_true():
    rng = np.random.default_rng(5)
    a, b = (2.0, 0.2), (6.0, 0.1)
    runs = [
        np.concatenate([claim_verdict.draw(rng, law, s) for _ in range(4_000)])
        for law, s in ((a, 3.0), (b, 0.0))
    ]
    share = np.mean(runs[0] > runs[1])
    assert share == pytest.approx(claim_verdict.superiority_of(3.0, a, b), abs=0.02)


def test_a_recipe_is_chosen_by_two_seeds_on_validation(monkeypatch):
    elbos = {(0, 100): 5.0, (1, 100): 9.0, (2, 100): 8.0, (1, 101): 1.0, (2, 101): 4.0}

    def measured(name, config, mnist, work, measure):
        assert measure is fair_claim.validation_scores
        index = [
            all(getattr(config, k) == v for k, v in c.items())
            for c in fair_claim.CANDIDATES
        ].index(True)
        if (index, config.seed) not in elbos:
            assert config.seed == 100
            return {"not_finite": "the loss became nan"}
        return {"validation": {"elbo": elbos[index, config.seed]}}

    monkeypatch.setattr(fair_claim, "measured", measured)
    assert fair_claim.choose_recipe("mlp", None, None) == 2


def test_a_run_is_made_once_and_read_afterwards(tmp_path, monkeypatch):
    config = training.TrainConfig(epochs=1, batch_size=4)

    class Images:
        x_train = np.random.default_rng(0).random((8, 28, 28, 1), "float32")

    def measure(vae, mnist):
        return {"validation": {"elbo": 1.0}}

    first = fair_claim.measured("mlp-x", config, Images, tmp_path, measure)
    assert first["seconds_per_epoch"] > 0 and (tmp_path / "mlp-x.json").exists()
    assert fair_claim.measured("mlp-x", config, None, tmp_path, None) == first
    other = training.TrainConfig(epochs=2, batch_size=4)
    with pytest.raises(SystemExit, match="another configuration"):
        fair_claim.measured("mlp-x", other, None, tmp_path, None)


def test_the_verdict_waits_for_every_run_and_counts_those_that_broke_off(monkeypatch):
    monkeypatch.setattr(fair_claim, "SEEDS", range(6))  # 924 splits, not 184,756
    rng = np.random.default_rng(6)
    means = {"mlp": 72.0, "conv": 60.0, "conv_feature_map": 84.0}
    runs = {
        f"{network}-trial-seed-{seed}": {"knn_accuracy": (mean + rng.normal()) / 100}
        for network, mean in means.items()
        for seed in fair_claim.SEEDS
    }
    found = fair_claim.judged(runs)
    assert [found[name]["verdict"] for name in list(means)[1:]] == [
        "worse",
        "much better",
    ]
    for name in found:
        a, b = (
            [
                100 * runs[f"{n}-trial-seed-{s}"]["knn_accuracy"]
                for s in fair_claim.SEEDS
            ]
            for n in (name, "mlp")
        )
        won = np.mean(np.greater.outer(a, b))
        assert found[name]["superiority"] == pytest.approx(won)
        assert found[name]["low"] < np.mean(a) - np.mean(b) < found[name]["high"]

    broken = {"conv_feature_map-trial-seed-3": {"not_finite": "the loss became nan"}}
    found = fair_claim.judged(runs | broken)["conv_feature_map"]
    assert found["superiority"] == pytest.approx(5 / 6)
    assert found["difference_of_means"][0] == pytest.approx(12.0 - 84.0 / 6, abs=1.5)

    del runs["conv-trial-seed-5"]
    assert fair_claim.judged(runs) is None
