"""The benchmark of time to quality: cold processes, their table, the ablation."""

import json

import numpy as np
import pytest


def result(contender, seed, seconds, reached=True):
    return {
        "contender": contender,
        "latent_dim": 2,
        "seed": seed,
        "seconds": seconds,
        "reached": reached,
        "epochs": 4,
        "stages": {"loaded": 5.0},
    }


@pytest.mark.book  # its process chooses TensorFlow itself, whatever the backend here
def test_time_to_quality_writes_what_it_prints(load_experiment, tmp_path, capsys):
    tool, path = load_experiment("bench_quality"), tmp_path / "quality.json"
    name = "vae_lib, tensorflow"
    options = ["--quick", "--json", str(path), "--contender", name]
    assert tool.main(options) == 0
    content = json.loads(path.read_text())
    (run,), (row,) = content["runs"], content["table"]
    # The stages follow each other, and the clock stops when the target is met.
    stages = [run["stages"][s] for s in ("imported", "loaded", "built", "first epoch")]
    assert stages == sorted(stages)
    assert stages[-1] <= run["seconds"] == row["seconds"]
    assert run["reached"] and row["reached"] == 1
    table = capsys.readouterr().out
    assert f"{row['seconds']:.1f}" in table and "+100" in table


def test_rows_count_what_did_not_arrive(load_experiment):
    tool = load_experiment("bench_quality")
    ours, plain = "vae_lib, jax", tool.PLAIN
    runs = [
        result(ours, 0, 10.0),
        result(plain, 0, 30.0),
        result(ours, 1, 20.0),
        result(plain, 1, 99.0, reached=False),
        result(ours, 2, 30.0),
        result(plain, 2, 30.0),
    ]
    rows = {row["contender"]: row for row in tool.summarise(runs)}
    assert rows[ours]["seconds"] == 20.0 and rows[ours]["range"] == [10.0, 30.0]
    assert (rows[plain]["reached"], rows[plain]["runs"]) == (2, 3)
    assert rows[ours]["ratio"] == 2.0  # of 3 and 1; the second pair is incomplete
    assert len(list(tool.table(rows.values()))) == 3
    nobody = tool.summarise([result(ours, 0, 10.0, reached=False)])
    assert nobody[0]["seconds"] is None
    assert "0/1" in list(tool.table(nobody))[1]


def test_every_target_has_its_recipe(load_experiment):
    recipes = load_experiment("_quality_recipes")
    assert recipes.TARGETS == {2: 100.0, 10: 470.0, 20: 690.0}
    assert recipes.RECIPES.keys() == recipes.TARGETS.keys()


def test_a_seed_repeats_the_first_weights(load_experiment):
    recipes = load_experiment("_quality_recipes")
    first, again, other = (
        recipes.build(2, recipes.RECIPES[2], seed).get_weights() for seed in (1, 1, 2)
    )
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(np.any(a != b) for a, b in zip(first, other, strict=True))


def test_the_ablation_changes_one_thing_at_a_time(load_experiment):
    recipes, tool = (
        load_experiment("_quality_recipes"),
        load_experiment("bench_quality_ablation"),
    )
    base = recipes.RECIPES[2]
    for name, change in tool.CHANGES.items():
        recipe = base._replace(**change(base))
        different = [a != b for a, b in zip(recipe, base, strict=True)]
        assert sum(different) <= 1, name
    assert tool.first_hit([1.0, 3.0, 2.0], 2.5) == 2
    assert tool.first_hit([1.0], 2.5) is None


@pytest.mark.parametrize(
    ("grow_to", "expected"),
    [(None, [(0, 5, 64)]), (512, [(0, 2, 64), (2, 5, 512)])],
)
def test_a_growing_batch_has_two_parts(load_experiment, grow_to, expected):
    recipes = load_experiment("_quality_recipes")
    recipe = recipes.Recipe(epochs=5, batch_size=64, grow_to=grow_to)
    assert recipes.parts(recipe) == expected


def test_the_ablation_runs_and_keeps_the_rest_of_the_file(
    load_experiment, tmp_path, capsys
):
    tool, path = load_experiment("bench_quality_ablation"), tmp_path / "quality.json"
    path.write_text(json.dumps({"runs": [1], "ablation": []}))
    options = ["--quick", "--json", str(path), "--latent-dim", "2", "--change"]
    assert tool.main([*options, "batch grows to 512 half-way"]) == 0
    content = json.loads(path.read_text())
    assert content["runs"] == [1]
    (row,) = content["ablation"]
    assert row["fields"] == {"grow_to": 512}
    assert row["epochs_to_target"] == [1]  # the target of a trial is below everything
    assert len(row["last_val_elbo"]) == 1
    assert f"{row['last_val_elbo'][0]:+.1f}" in capsys.readouterr().out
