"""The VAE as a Keras model: its loss by hand, fit, evaluate, sampling and errors."""

import math

import keras
import numpy as np
import pytest
from keras import ops
from scipy import special, stats

from vae_lib import likelihoods, models, networks

NAMES = ["loss", "elbo", "rate", "distortion"]
N_PIXELS = 36


def numpy_posterior(vae, x):
    """The MLP encoder, multiplied out in double precision."""
    weights = [np.float64(w) for w in vae.encoder.get_weights()]
    hidden = np.maximum(x.reshape(len(x), -1) @ weights[0] + weights[1], 0)
    return hidden @ weights[2] + weights[3], hidden @ weights[4] + weights[5]


def numpy_mean_image(vae, z):
    weights = [np.float64(w) for w in vae.decoder.get_weights()]
    hidden = np.maximum(z @ weights[0] + weights[1], 0)
    return special.expit(hidden @ weights[2] + weights[3])


def numpy_terms(vae, x, noise):
    """Rate, distortion (B,) and the log likelihoods (K, B), for a Gaussian."""
    mean, log_var = numpy_posterior(vae, x)
    z = mean + np.exp(log_var / 2) * noise  # (K, B, d)
    x_mean = numpy_mean_image(vae, z)
    scale = math.sqrt(vae.likelihood.variance)
    log_px_z = stats.norm.logpdf(x.reshape(len(x), -1), x_mean, scale).sum(axis=-1)
    rate = 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=1)
    return rate, -log_px_z.mean(axis=0), log_px_z, z


def make_certain(vae):
    """Let q be a point, so that sampling changes nothing but the last digits."""
    head = vae.encoder.get_layer("z_log_var")
    kernel, bias = head.get_weights()
    head.set_weights([np.zeros_like(kernel), np.full_like(bias, -30.0)])
    return vae


def numpy_metrics(vae, x):
    """What fit and evaluate should report of a model that make_certain has fixed."""
    rate, distortion, _, _ = numpy_terms(vae, x, np.zeros((1, len(x), 2)))
    loss = distortion + vae.beta * rate
    return dict(
        loss=loss.mean(),
        elbo=-(rate + distortion).mean(),
        rate=rate.mean(),
        distortion=distortion.mean(),
    )


def compile_without_learning(vae, **keywords):
    vae.compile(keras.optimizers.SGD(0.0), **keywords)
    return vae


def test_the_loss_with_given_noise_by_hand(make_vae, images):
    vae = make_vae(beta=0.7, n_samples=3, seed=11)
    noise = keras.random.normal((3, 16, 2), seed=keras.random.SeedGenerator(11))
    rate, distortion, _, _ = numpy_terms(vae, images, ops.convert_to_numpy(noise))
    loss = vae.compute_loss(ops.convert_to_tensor(images))
    assert float(ops.stop_gradient(loss)) == pytest.approx(
        np.mean(distortion + 0.7 * rate), rel=1e-5
    )
    assert float(vae.rate_tracker.result()) == pytest.approx(rate.mean(), rel=1e-5)
    assert float(vae.elbo_tracker.result()) == pytest.approx(
        -np.mean(distortion + rate), rel=1e-5
    )


def test_elbo_terms_are_per_example_and_by_hand(make_vae, images):
    vae = make_vae(likelihoods.Gaussian(0.1))
    noise = np.random.default_rng(1).normal(size=(4, 16, 2))
    terms = vae.elbo_terms(images, noise=noise)
    rate, distortion, _, _ = numpy_terms(vae, images, noise)
    for values, expected in (
        (terms.rate, rate),
        (terms.distortion, distortion),
        (terms.elbo, -(rate + distortion)),
    ):
        np.testing.assert_allclose(ops.convert_to_numpy(values), expected, rtol=1e-4)


def test_log_weights_by_hand(make_vae, images):
    vae = make_vae(likelihoods.Gaussian(0.1))
    noise = np.random.default_rng(1).normal(size=(4, 16, 2))
    _, _, log_px_z, z = numpy_terms(vae, images, noise)
    mean, log_var = numpy_posterior(vae, images)
    log_pz = stats.norm.logpdf(z).sum(axis=-1)
    log_qz_x = stats.norm.logpdf(z, mean, np.exp(log_var / 2)).sum(axis=-1)
    log_w = vae.log_weights(images, noise=noise)
    np.testing.assert_allclose(
        ops.convert_to_numpy(log_w), log_px_z + log_pz - log_qz_x, rtol=1e-4
    )


def test_the_mean_log_weight_is_the_elbo(make_vae, images):
    # log w uses a sampled log q / p where the ELBO has the closed-form KL: equal in
    # expectation, not for a sample. A wide q makes the difference large.
    vae = make_vae(likelihoods.Gaussian(1.0))
    vae.encoder.get_layer("z_log_var").bias.assign([1.0, -1.0])
    noise = np.random.default_rng(1).normal(size=(4000, 4, 2))
    log_w = ops.convert_to_numpy(vae.log_weights(images[:4], noise=noise))
    elbo = vae.elbo_terms(images[:4], noise=noise).elbo
    difference = log_w.mean(axis=0) - ops.convert_to_numpy(elbo)
    _, _, log_px_z, _ = numpy_terms(vae, images[:4], noise)
    error = (log_w - log_px_z).std(axis=0) / math.sqrt(4000)
    assert np.all(error > 1e-3)
    assert np.all(np.abs(difference) < 4 * error)


def test_drawn_weights_have_the_shape_and_spread_of_given_ones(make_vae, images):
    vae = make_vae(seed=1)
    first = ops.convert_to_numpy(vae.log_weights(images, n_samples=5))
    second = ops.convert_to_numpy(vae.log_weights(images, n_samples=5))
    assert first.shape == (5, 16)
    assert not np.any(first == second)
    assert np.all(first.std(axis=0) > 0)


def test_more_samples_estimate_the_same_bound_with_less_noise(make_vae, images):
    draws = {}
    for n_samples in (1, 64):
        vae = make_vae(n_samples=n_samples, seed=1)
        elbos = [vae.elbo_terms(images).elbo for _ in range(30)]
        draws[n_samples] = np.array([ops.convert_to_numpy(e) for e in elbos])
        keras.utils.set_random_seed(0)  # the same weights for the second model
    few, many = draws[1], draws[64]
    # Standard deviations in the ratio 8, each known to about 13 %; images vary.
    assert 5 < np.median(few.std(axis=0) / many.std(axis=0)) < 12
    error = few.mean(axis=1).std() / math.sqrt(30)
    assert abs(few.mean() - many.mean()) < 4.5 * error


@pytest.mark.parametrize("eagerly", [False, True])
def test_fit_and_evaluate_report_the_means_over_all_images(make_vae, images, eagerly):
    # Batches of 5, 5, 5 and 1: a last batch that counts as much as a full one, a mean
    # of batch means, would be off by far more than the tolerance.
    vae = make_certain(make_vae(beta=0.3))
    expected = numpy_metrics(vae, images)
    compile_without_learning(vae, run_eagerly=eagerly)
    history = vae.fit(
        images, batch_size=5, epochs=2, verbose=0, validation_data=images[:7]
    ).history
    scores = vae.evaluate(images, batch_size=3, verbose=0, return_dict=True)
    assert set(history) == {*NAMES, *(f"val_{name}" for name in NAMES)}
    assert set(scores) == set(NAMES)
    on_seven = numpy_metrics(vae, images[:7])
    for name in NAMES:
        close = dict(rel=1e-4, abs=1e-4)
        assert history[name] == pytest.approx([expected[name]] * 2, **close)
        assert scores[name] == pytest.approx(expected[name], **close)
        assert history[f"val_{name}"] == pytest.approx([on_seven[name]] * 2, **close)
    one_batch = [numpy_metrics(vae, images[i : i + 5])["loss"] for i in (0, 5, 10, 15)]
    assert abs(np.mean(one_batch) - expected["loss"]) > 0.01


def test_metrics_are_consistent_while_training(make_vae, images):
    vae = make_vae(beta=0.3, seed=1)
    vae.compile(keras.optimizers.Adam(1e-2))
    logs = vae.fit(images, batch_size=5, epochs=2, verbose=0).history
    rate, distortion = np.array(logs["rate"]), np.array(logs["distortion"])
    np.testing.assert_allclose(logs["elbo"], -(distortion + rate), rtol=1e-5)
    np.testing.assert_allclose(logs["loss"], distortion + 0.3 * rate, rtol=1e-5)


def test_validation_data_may_be_a_tuple_and_the_number_of_samples_any(make_vae, images):
    vae = compile_without_learning(make_vae(n_samples=4))
    logs = vae.fit(images, verbose=0, validation_data=(images, None)).history
    assert all(np.isfinite(logs[f"val_{name}"][0]) for name in NAMES)


def test_sample_weights_weigh_examples(make_vae, images):
    vae = compile_without_learning(make_certain(make_vae(beta=0.3)))
    rate, distortion, _, _ = numpy_terms(vae, images, np.zeros((1, 16, 2)))
    weights = np.linspace(0.0, 2.0, 16).astype("float32")
    # With targets, which the VAE does not use: Keras drops weights without them.
    logs = vae.fit(images, images, 16, sample_weight=weights, verbose=0).history
    loss = np.mean(weights * (distortion + 0.3 * rate))
    assert logs["loss"] == pytest.approx([loss], rel=1e-4)
    elbo = np.average(-(distortion + rate), weights=weights)
    assert logs["elbo"] == pytest.approx([elbo], rel=1e-4)
    with pytest.raises(ValueError, match=r"sample_weight \(16, 1\), loss \(16,\)"):
        vae.compute_loss(ops.convert_to_tensor(images), sample_weight=weights[:, None])


class CountingVAE(models.VAE):
    """Counts how often Python runs through the loss: once a trace, if compiled."""

    runs = 0

    def compute_loss(self, *args, **kwargs):
        type(self).runs += 1
        return super().compute_loss(*args, **kwargs)


def test_beta_changes_the_loss_between_epochs_without_retracing(images):
    vae = CountingVAE(
        networks.mlp_encoder(2, (6, 6, 1), hidden_units=8),
        networks.mlp_decoder(2, (6, 6, 1), hidden_units=8),
        likelihoods.Gaussian(),
    )
    compile_without_learning(make_certain(vae))
    betas, runs = [0.0, 0.25, 0.5, 2.0], []

    def begin(epoch, logs=None):
        vae.beta = betas[epoch]

    def end(epoch, logs=None):
        runs.append(CountingVAE.runs)

    CountingVAE.runs = 0
    warm_up = keras.callbacks.LambdaCallback(on_epoch_begin=begin, on_epoch_end=end)
    logs = vae.fit(
        images, batch_size=8, epochs=4, verbose=0, callbacks=[warm_up]
    ).history
    assert vae.beta == 2.0
    expected = np.array(logs["distortion"]) + np.array(betas) * np.array(logs["rate"])
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)
    assert logs["loss"][3] > logs["loss"][0] + 10
    if keras.backend.backend() == "torch":
        assert runs == [2, 4, 6, 8]  # eager: two batches an epoch
    else:
        assert runs[0] == runs[3]


def test_predict_and_call_decode_the_mean_code(make_vae, images):
    vae = make_vae()
    mean, _ = numpy_posterior(vae, images)
    expected = numpy_mean_image(vae, mean).reshape(images.shape)
    for reconstruction in (vae.predict(images, verbose=0), vae(images)):
        np.testing.assert_allclose(
            ops.convert_to_numpy(reconstruction), expected, rtol=1e-4
        )
    z_mean, z_log_var = vae.encode(images)
    assert ops.shape(z_mean) == ops.shape(z_log_var) == (16, 2)
    np.testing.assert_allclose(
        ops.convert_to_numpy(vae.decode(z_mean)), expected, rtol=1e-4
    )


def test_a_seed_repeats_training(make_vae, images):
    def train(seed):
        keras.utils.set_random_seed(seed)
        vae = make_vae()
        vae.compile("adam")
        return vae.fit(images, batch_size=5, epochs=2, verbose=0).history["loss"]

    first, same, other = train(1), train(1), train(2)
    np.testing.assert_allclose(first, same, rtol=1e-6)
    assert abs(first[-1] - other[-1]) > 1e-3


def test_a_vae_learns_sixteen_images_by_heart(make_vae, images):
    vae = make_vae(latent_dim=4, hidden_units=64, seed=1)
    vae.compile(keras.optimizers.Adam(1e-2))
    before = vae.evaluate(images, verbose=0, return_dict=True)
    vae.fit(np.tile(images, (20, 1, 1, 1)), batch_size=16, epochs=15, verbose=0)
    after = vae.evaluate(images, verbose=0, return_dict=True)
    # The best model without a code is the mean image, its variance 1/12 that of the
    # uniform pixels: -18 (ln(2 pi / 12) + 1) = -6.4 nats.
    assert before["elbo"] < -6.4
    assert after["elbo"] > before["elbo"] + 15 and after["elbo"] > 0.0
    assert vae.likelihood.variance < 0.03
    error = np.mean((vae.predict(images, verbose=0) - images) ** 2)
    assert error < 0.02


def test_samples_of_the_model_have_the_likelihoods_noise(make_vae):
    vae = make_vae(likelihoods.Gaussian(0.04))
    means = ops.convert_to_numpy(vae.sample(2000, seed=1))
    noisy = ops.convert_to_numpy(vae.sample(2000, noise=True, seed=1))
    assert means.shape == noisy.shape == (2000, 6, 6, 1)
    noise, n = (noisy - means).ravel(), noisy.size
    assert abs(noise.mean()) < 4 * 0.2 / math.sqrt(n)
    assert abs(noise.var() - 0.04) < 4 * 0.04 * math.sqrt(2 / n)
    # The noise is new for every pixel, and unrelated to the code.
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 4 / math.sqrt(n)


def test_codes_of_samples_come_from_the_prior():
    encoder, decoder = networks.build("linear", 2, (1, 2, 1))
    decoder.get_layer("pixels").set_weights([np.eye(2), np.zeros(2)])
    identity = likelihoods.Gaussian(1.0, link="identity")
    z = models.VAE(encoder, decoder, identity).sample(20_000, seed=1)
    z = ops.convert_to_numpy(z).reshape(-1, 2)
    assert np.all(np.abs(z.mean(axis=0)) < 4 / math.sqrt(20_000))
    assert np.all(np.abs(np.cov(z.T) - np.eye(2)) < 4 * math.sqrt(2 / 20_000))


@pytest.mark.parametrize("noise", [False, True])
def test_a_seed_repeats_samples(make_vae, noise):
    vae = make_vae()
    first, same, other, free = (
        ops.convert_to_numpy(vae.sample(3, noise=noise, seed=seed))
        for seed in (1, 1, 2, None)
    )
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other) and np.any(first != free)


def test_trainable_weights_are_the_networks_and_the_variance(make_vae):
    networks_only = make_vae(likelihoods.Gaussian(0.1))
    own = len(networks_only.encoder.weights) + len(networks_only.decoder.weights)
    assert len(networks_only.trainable_weights) == own
    assert len(make_vae().trainable_weights) == own + 1
    assert make_vae().latent_dim == 2 and make_vae().image_shape == (6, 6, 1)


def with_layer(layer, regulariser=None):
    """A small VAE with one more layer in its encoder and its decoder."""
    x = keras.Input((6, 6, 1))
    h = keras.layers.Flatten()(x)
    h = layer()(keras.layers.Dense(8, kernel_regularizer=regulariser)(h))
    heads = [keras.layers.Dense(2)(h), keras.layers.Dense(2, name="z_log_var")(h)]
    z = keras.Input((2,))
    h = layer()(keras.layers.Dense(8)(z))
    x_logits = keras.layers.Reshape((6, 6, 1))(keras.layers.Dense(36)(h))
    encoder, decoder = keras.Model(x, heads), keras.Model(z, x_logits)
    return models.VAE(encoder, decoder, likelihoods.Gaussian(), seed=1)


def test_layers_learn_in_fit_and_stand_still_in_evaluate(images):
    vae = with_layer(keras.layers.BatchNormalization)
    statistics = [w for w in vae.weights if w.name.startswith("moving")]
    assert len(statistics) == 4

    def changed(before):
        return [np.any(ops.convert_to_numpy(w.value) != b) for w, b in before]

    def now():
        return [(w, ops.convert_to_numpy(w.value)) for w in statistics]

    compile_without_learning(vae)
    before = now()
    vae.evaluate(images, verbose=0)
    assert not any(changed(before))
    vae.fit(images, verbose=0)
    assert all(changed(before))


def test_dropout_drops_in_training_only(images):
    vae = make_certain(with_layer(lambda: keras.layers.Dropout(0.5, seed=1)))
    x = ops.convert_to_tensor(images)

    def losses(training):
        values = [vae.compute_loss(x, training=training) for _ in range(2)]
        return [float(ops.stop_gradient(value)) for value in values]

    first, second = losses(training=False)
    assert first == pytest.approx(second, abs=1e-3)
    first, second = losses(training=True)
    assert abs(first - second) > 1e-2


def test_regularisation_of_a_network_is_part_of_the_loss(images):
    vae = with_layer(keras.layers.ReLU, keras.regularizers.L2(0.5))
    compile_without_learning(vae)
    logs = vae.fit(images, verbose=0).history
    kernel = vae.encoder.layers[2].get_weights()[0]
    added = logs["loss"][0] - logs["distortion"][0] - logs["rate"][0]
    assert added == pytest.approx(0.5 * np.sum(kernel**2), rel=1e-3)
