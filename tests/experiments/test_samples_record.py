"""The tool that judges samples: what it keeps, and how it counts neighbours."""

import numpy as np
import pytest

from experiments import _image_judge as image_judge
from experiments import samples as judge_samples
from vae_lib import pretrained, results
from vae_lib._files import write_json

pytestmark = pytest.mark.book


def test_keeps_what_still_holds_and_drops_the_rest(tmp_path, monkeypatch):
    path = tmp_path / "samples.json"
    empty = judge_samples.previous(path, ["mlp_2"])
    assert empty["real"] is None and empty["models"] == empty["ppca"] == {}
    models = {"mlp_2": {"sha256": "a"}, "gone_2": {"sha256": "b"}}
    write_json(path, empty | {"real": {}, "ppca": {"2": {}}, "models": models})
    kept = judge_samples.previous(path, ["mlp_2", "conv_2"])
    assert kept["models"] == {"mlp_2": {"sha256": "a"}}
    assert kept["real"] == {} and kept["ppca"] == {"2": {}}
    monkeypatch.setattr(judge_samples, "N", 17)  # nothing of another N is comparable
    assert judge_samples.previous(path, ["mlp_2"])["models"] == {}


def test_an_unknown_model_is_named(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["samples.py", "mlp_3"])
    with pytest.raises(SystemExit):
        judge_samples.main()
    assert "no published model ['mlp_3']; there are conv_" in capsys.readouterr().err


def test_copies_of_training_images_are_nearer_to_them_than_to_unseen_ones():
    judge = image_judge.Judge.__new__(image_judge.Judge)
    judge.known = np.array([[[0.0, 0.0], [1.0, 1.0]], [[0.0, 1.0], [4.0, 0.0]]])
    copies = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    assert judge.neighbour_ratio(copies) == 0.0
    halfway = np.array([[0.0, 0.5]])
    assert judge.neighbour_ratio(halfway) == pytest.approx(1.0)
    assert judge.neighbour_ratio(np.array([[3.0, 0.0]])) == pytest.approx(np.sqrt(5))


def test_noise_has_the_variance_of_the_likelihood_and_a_seed_repeats_it():
    means = np.full((50, 28, 28, 1), 0.5)
    noisy = image_judge.add_noise(means, 0.04, seed=3)
    np.testing.assert_array_equal(noisy, image_judge.add_noise(means, 0.04, seed=3))
    # 39,200 pixels: the standard error of a mean is 0.2 / 198, of a variance 0.7 %.
    assert abs(noisy.mean() - 0.5) < 4 * 0.2 / 198
    assert noisy.var() == pytest.approx(0.04, rel=4 * 0.0071)


def test_the_record_is_of_the_weights_that_are_shipped():
    judged = results.load("samples")["models"]
    stale = [
        name
        for name, entry in pretrained.index().items()
        if judged.get(name, {}).get("sha256") != entry["sha256"]
    ]
    assert not stale, "run experiments/samples.py"
