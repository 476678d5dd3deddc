"""Assignment: the parts of a variational autoencoder.

Write the eight functions below, with NumPy only, and hand in this file. They belong to
the exercises of chapters 2 to 5, where the formulas stand. All logarithms are natural,
so that every divergence and every loss is in nats.

Whether a function is right, and if not, what may be the matter, you can ask before you
hand it in:

    from vae_lib.exercises import check_gaussian_kl
    check_gaussian_kl(gaussian_kl)
"""


def line_kl(q_mean, q_std, p_mean, p_std):
    """KL(q || p) of two Gaussians with these standard deviations. Chapter 2."""
    raise NotImplementedError("your code goes here")


def line_posterior(x, w_0, w_1, blur):
    """Mean (n,) and standard deviation (one number) of p(z | x). Chapter 2.

    The points x (n, 2) lie on the straight wire w_0 + w_1 z, both (2,), and `blur` is
    the standard deviation of the noise in each direction.
    """
    raise NotImplementedError("your code goes here")


def gaussian_kl(z_mean, z_log_var):
    """KL(N(z_mean, diag exp(z_log_var)) || N(0, I)), (..., d) to (...). Chapter 3."""
    raise NotImplementedError("your code goes here")


def log_weight(x, z, q_mean, q_std):
    """log p(x | z) + log p(z) - log q(z) for each of the codes z (n,). Chapter 3.

    The sensor is linear, x = z + noise / 2, with standard normal noise and prior; q has
    the mean q_mean and the standard deviation q_std.
    """
    raise NotImplementedError("your code goes here")


def cube_gradients(mean, log_var, noise):
    """Pathwise estimates of the derivatives of E[z^3], from noise (n,). Chapter 4.

    Two numbers: the derivative by the mean, and the one by the log-variance.
    """
    raise NotImplementedError("your code goes here")


def antithetic(slope, mean, std, noise):
    """Pathwise gradients by the mean, each averaged with its mirror's. Chapter 4.

    `slope` is the derivative of the function whose mean is asked for; noise (n,) to
    (n,).
    """
    raise NotImplementedError("your code goes here")


def compute_loss(x, x_mean, variance, z_mean, z_log_var):
    """Mean over the batch of distortion + rate. Chapter 5.

    x and x_mean are (B, D), z_mean and z_log_var (B, d), and `variance`, one number, is
    that of the Gaussian decoder.
    """
    raise NotImplementedError("your code goes here")


def ppca_posterior(x, x_bar, W, variance):
    """Means (n, d) and covariance (d, d) of p(z | x) of probabilistic PCA. Chapter 5.

    x is (n, D), x_bar (D,) and W (D, d).
    """
    raise NotImplementedError("your code goes here")
