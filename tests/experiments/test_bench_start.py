"""The benchmark of start times: it runs, and what vae_lib loads itself."""

import json
import os
import subprocess
import sys

import pytest

from notebook_env import ROOT

# Seconds each; Keras loads some of them itself, vae_lib must not need them at once.
SLOW = ("matplotlib", "PIL", "scipy", "sklearn", "tensorflow", "jax", "torch")


def test_start_time_prints_what_it_writes(load_experiment, tmp_path, capsys):
    path = tmp_path / "start.json"
    assert load_experiment("bench_start").main(["--quick", "--json", str(path)]) == 0
    table, content = capsys.readouterr().out, json.loads(path.read_text())
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    seconds = content["backends"][backend]["seconds"]
    assert len(seconds) == 4
    for name, values in seconds.items():
        assert len(values) == 1
        assert f"{name:<28}{values[0]:>9.3f}" in table
    beyond = content["backends"][backend]["beyond_keras"]
    assert beyond["inside"] == seconds["vae_lib after keras"][0]
    assert content["machine"]["versions"]["keras"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rounds", "0"], "--rounds must be at least 1, got 0"),
        (["--json", "no/such/folder/a.json"], "make the folder no/such/folder first"),
    ],
)
def test_start_time_refuses_bad_options(load_experiment, options, message, capsys):
    with pytest.raises(SystemExit) as stop:
        load_experiment("bench_start").main(options)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_modules_load_no_slow_library_of_their_own():
    """Every public module beside a Keras that loads nothing: no slow import is left."""
    code = f"""
import sys, types
class AnyClass(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_: None
class Anything(types.ModuleType):
    __path__ = []
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return AnyClass(name, (), {{"__getattr__": lambda *_: None}})
for name in ("keras", "keras.ops", "keras.utils"):
    sys.modules[name] = Anything(name)
keras = sys.modules["keras"]
keras.saving = types.SimpleNamespace(
    get_registered_object=lambda name: None,
    register_keras_serializable=lambda *_, **__: lambda cls: cls,
)
classes = dict.fromkeys(("Callback", "CallbackList", "History"), object)
keras.callbacks = types.SimpleNamespace(**classes)
keras.optimizers = Anything("optimizers")
keras.optimizers.schedules = Anything("schedules")
keras.layers = types.SimpleNamespace(Layer=object)
import vae_lib
for name in vae_lib.__all__:
    module = getattr(vae_lib, name)
    for public in getattr(module, "__all__", ()):
        getattr(module, public)
print([name for name in {SLOW} if name in sys.modules])
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"
