"""What notebooks inherit from the environment, and what they must not."""

import os

import pytest

import notebook_env


@pytest.fixture
def environment(monkeypatch):
    """A function that applies the settings to variables of its own."""

    def apply(kernels, **variables):
        monkeypatch.setattr(os, "environ", dict(variables))
        notebook_env.apply(kernels=kernels)
        return os.environ

    return apply


def test_notebooks_show_figures_and_are_silent_whatever_is_set(environment):
    others = {
        "MPLBACKEND": "Agg",
        "PYTHON" + "WARNINGS": "default",
        "MATPLOTLIBRC": "x",
    }
    found = environment(True, TF_CPP_MIN_LOG_LEVEL="0", VAE_LIB_RECORD="1", **others)
    assert found["TF_CPP_MIN_LOG_LEVEL"] == "3"
    assert not {*others, "VAE_LIB_RECORD"} & set(found)


def test_unit_tests_keep_what_their_user_sets(environment):
    found = environment(False, MPLBACKEND="Agg", TF_CPP_MIN_LOG_LEVEL="0")
    assert found["MPLBACKEND"] == "Agg" and found["TF_CPP_MIN_LOG_LEVEL"] == "0"
    assert found["VAE_LIB_OFFLINE"] == "1"


def test_a_file_of_images_is_found_from_every_folder(environment):
    home = os.path.expanduser("~")
    found = environment(True, VAE_LIB_MNIST="~/mnist.npz", HOME=home, USERPROFILE=home)
    assert found["VAE_LIB_MNIST"] == os.path.join(home, "mnist.npz")
    assert os.path.isabs(environment(True, VAE_LIB_MNIST="a.npz")["VAE_LIB_MNIST"])


@pytest.mark.parametrize(
    ("cores", "workers", "share"),
    [(2, 2, "1"), (8, 2, "4"), (2, 4, "1"), (None, 2, "1")],
)
def test_workers_share_the_cores(environment, monkeypatch, cores, workers, share):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    found = environment(True, PYTEST_XDIST_WORKER_COUNT=str(workers))
    assert {found[name] for name in notebook_env.THREADS} == {share}
    kept = environment(True, PYTEST_XDIST_WORKER_COUNT="2", OMP_NUM_THREADS="7")
    assert kept["OMP_NUM_THREADS"] == "7"


def test_one_process_may_use_every_core(environment):
    for variables in ({}, {"PYTEST_XDIST_WORKER_COUNT": "1"}):
        assert not set(notebook_env.THREADS) & set(environment(True, **variables))
