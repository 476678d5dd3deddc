#!/usr/bin/env bash
# The unit tests on PyTorch, in an environment of their own (.venv-torch).
#
#   bash tools/test_torch.sh
#   TORCH=./torch-cpu.whl bash tools/test_torch.sh
#
# TORCH is what pip installs: a requirement (default "torch") or the file of a wheel.
# The default Linux wheels bring gigabytes of CUDA that these tests do not need; for a
# CPU build, download its wheel and name it, or point pip's own setting
# PIP_EXTRA_INDEX_URL at PyTorch's CPU index. TORCH_PYTHON names the interpreter of an
# environment that has torch and the test requirements already: nothing is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${TORCH_PYTHON:-}
if [ -z "$python" ]; then
  python=.venv-torch/bin/python
  python3 -m venv .venv-torch
  "$python" -m pip install --quiet "${TORCH:-torch}" -e '.[test]' -c constraints.txt
fi
KERAS_BACKEND=torch "$python" -m pytest tests -m 'not book' --forbid-skip "$@"
