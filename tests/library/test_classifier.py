"""The frozen classifier: whole, trained, and the same everywhere."""

import numpy as np
import pytest

from vae_lib import classifier, data, results


@pytest.fixture(scope="module")
def network():
    return classifier.load_classifier()


def test_it_reads_the_digits_of_the_sample(network):
    sample = data.load_sample()
    _, logits = network.predict(sample.x_test, verbose=0)
    accuracy = np.mean(logits.argmax(axis=1) == sample.y_test)
    recorded = results.load("classifier")["test_accuracy"]
    # 500 other digits: four standard errors around the recorded accuracy.
    assert abs(accuracy - recorded) < 4 * np.sqrt(recorded * (1 - recorded) / 500)
    assert recorded > 0.98


def test_features_are_what_the_last_layer_reads(network):
    x = data.load_sample().x_test[:7]
    features = classifier.image_features(network, x, batch_size=3)
    assert features.shape == (7, classifier.N_FEATURES)
    assert features.dtype == np.float64 and features.min() == 0.0  # after a ReLU
    kernel, bias = network.get_layer("logits").get_weights()
    _, logits = network.predict(x, verbose=0)
    np.testing.assert_allclose(features @ kernel + bias, logits, atol=1e-3)


def test_it_is_frozen(network):
    assert not network.trainable_weights


def test_another_file_is_refused(tmp_path, monkeypatch):
    for name in ("classifier.npz", "classifier.json"):
        (tmp_path / name).write_bytes((classifier._FOLDER / name).read_bytes())
    monkeypatch.setattr(classifier, "_FOLDER", tmp_path)
    classifier.load_classifier()
    (tmp_path / "classifier.npz").write_bytes(b"another file")
    with pytest.raises(ValueError, match=r"classifier.npz is not the published file"):
        classifier.load_classifier()


def test_noisy_samples_must_be_clipped_first(network):
    x = np.full((2, 28, 28, 1), 1.2, "float32")
    with pytest.raises(ValueError, match="x has values"):
        classifier.image_features(network, x)
