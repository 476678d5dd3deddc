"""Keras finds the library's classes in a file once ``vae_lib`` is imported."""

import importlib
import importlib.abc
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

CLASSES = {
    "VAE": "models",
    "Sampling": "layers",
    "InputIndependent": "layers",
    "Gaussian": "likelihoods",
    "Bernoulli": "likelihoods",
    "ContinuousBernoulli": "likelihoods",
}


def when_keras_is_there() -> None:
    """Register stand-ins now if Keras is loaded, else right after it has loaded.

    ``import vae_lib`` must not wait for Keras, nor a program that only wants the data
    for the models. A class takes the place of its stand-in when its module loads.
    """
    if "keras" in sys.modules:
        _register(sys.modules["keras"])
    elif not any(isinstance(finder, _AfterKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterKeras())


def _register(keras: ModuleType) -> None:
    for name, module in CLASSES.items():
        if keras.saving.get_registered_object(f"vae_lib>{name}") is None:
            register = keras.saving.register_keras_serializable("vae_lib", name)
            register(_stand_in(name, f"vae_lib.{module}"))


def _stand_in(name: str, module: str) -> type:
    """A class that is only made from a configuration, and gives the real one."""

    class StandIn:
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            real = getattr(importlib.import_module(module), name)
            return real.from_config(config)

        def get_config(self) -> dict[str, Any]:
            raise NotImplementedError

    return StandIn


class _AfterKeras(importlib.abc.MetaPathFinder):
    """Lets the other finders load Keras, once, and registers after it."""

    def find_spec(self, fullname: str, *others: Any) -> ModuleSpec | None:
        if fullname != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            load = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                _register(module)

            loader.exec_module = exec_module
        return spec
