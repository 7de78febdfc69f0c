"""The command line: checking, migrating and making configuration files, and the simulator's flags."""

from __future__ import annotations

import re

import pytest
import yaml

import wire
from conftest import Maker
from processes import ADAPTERS, MODEL, REPOSITORY, SAMPLE, run

SAMPLES = REPOSITORY / "deploy" / "samples"


def test_the_sample_is_good():
    checked = run("config", "check", "--strict", SAMPLE)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith(f"{SAMPLE}: good. 15 decisions, 1 model,")


BROKEN = """\
version: v0.3
listeners:
  - name: http
    port: many
providers:
  defaults:
    default_model: missing
  models:
    - name: one
      backend_refs:
        - name: a
          endpoint: 127.0.0.1:99999
routing:
  signals:
    keywords:
      - name: hot
        operator: XOR
        keywords: [hot]
  decisions:
    - name: d
      priority: high
      rules:
        operator: OR
        conditions:
          - type: keyword
            name: hto
      modelRefs:
        - model: two
"""

FAULTS = {
    "a port that is no number": "4:11",
    "a default model that is not declared": "7:20",
    "a port out of range": "12:21",
    "an operator that does not exist": "17:19",
    "a priority that is no number": "21:17",
    "a signal that is not declared": "26:19",
    "a model that is not declared": "28:18",
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory):
    file = tmp_path_factory.mktemp("broken") / "broken.yaml"
    file.write_text(BROKEN)
    return file, run("config", "check", file)


def test_a_broken_file_is_an_exit_code_of_1(broken):
    _, checked = broken
    assert checked.returncode == 1
    assert checked.stdout == ""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_check_names_each_fault_with_its_place(broken, fault: str):
    file, checked = broken
    assert f"{file}:{FAULTS[fault]}: " in checked.stderr


def test_each_line_of_a_check_has_a_place(broken):
    file, checked = broken
    lines = checked.stderr.splitlines()
    assert len(lines) >= len(FAULTS)
    for line in lines:
        assert re.match(rf"(Error: )?{re.escape(str(file))}:\d+:\d+: \S", line), line


def test_a_misspelt_name_gets_a_suggestion(make: Maker):
    file = make.file(SAMPLE.read_text().replace("            name: thinking\n", "            name: thinkin\n"))
    checked = run("config", "check", file)
    assert checked.returncode == 1
    assert "did you mean" in checked.stderr and "thinking" in checked.stderr


def test_yaml_that_cannot_be_read_is_placed_too(make: Maker):
    file = make.file("version: v0.3\nrouting: {decisions: [\n")
    checked = run("config", "check", file)
    assert checked.returncode == 1
    assert re.search(rf"{re.escape(str(file))}:\d+:\d+: ", checked.stderr)


def test_an_unknown_key_is_a_warning_and_strictly_an_error(make: Maker):
    file = make.file(SAMPLE.read_text().replace("\nproviders:", "\nprovidres: {}\n\nproviders:"))
    checked = run("config", "check", file)
    assert checked.returncode == 0
    assert re.search(rf"{re.escape(str(file))}:\d+:\d+: warning: .*providers", checked.stderr)
    assert run("config", "check", "--strict", file).returncode == 1


def test_a_file_that_is_not_there_is_named():
    checked = run("config", "check", "no-such-file.yaml")
    assert checked.returncode == 1
    assert "no-such-file.yaml" in checked.stderr


def test_a_migrated_file_checks_clean(make: Maker):
    migrated = run("config", "migrate", SAMPLES / "legacy.yaml")
    assert migrated.returncode == 0
    file = make.file(migrated.stdout)
    checked = run("config", "check", file)
    assert checked.returncode == 0
    assert ": good. " in checked.stdout
    document = yaml.safe_load(migrated.stdout)
    assert document["version"] == "v0.3"
    assert document["providers"]["defaults"]["default_model"] == MODEL


def test_a_migrated_file_can_be_migrated_no_further(make: Maker):
    """Today's format stays as it is, or is refused with a sentence; it is never mangled."""
    file = make.file(run("config", "migrate", SAMPLES / "legacy.yaml").stdout)
    again = run("config", "migrate", file)
    if again.returncode == 0:
        assert yaml.safe_load(again.stdout) == yaml.safe_load(file.read_text())
    else:
        assert "v0.3" in again.stderr


def test_what_init_writes_loads_and_serves(make: Maker):
    engine = make.engine("pod-1")
    made = run("config", "init", "--engine", f"http://{engine.address}")
    assert made.returncode == 0
    file = make.file(made.stdout)
    checked = run("config", "check", "--strict", file)
    assert (checked.returncode, checked.stderr) == (0, "")
    document = yaml.safe_load(made.stdout)
    assert [model["name"] for model in document["providers"]["models"]] == [MODEL]
    assert {lora["name"] for lora in document["routing"]["modelCards"][0]["loras"]} == set(ADAPTERS)
    router = make.router("-c", str(file))
    answer = wire.chat(router.port, '{"model":"MoM","messages":[{"role":"user","content":"What is 2 + 2?"}]}')
    assert (answer.status, answer.header("x-inference-pod")) == (200, "pod-1")


def test_init_without_an_engine_says_what_is_missing():
    made = run("config", "init", "--engine", "http://127.0.0.1:1")
    assert made.returncode != 0
    assert "127.0.0.1:1" in made.stderr
    assert made.stdout == ""


def test_the_reference_is_the_documentation():
    printed = run("config", "reference")
    assert printed.returncode == 0
    assert printed.stdout == (REPOSITORY / "docs" / "configuration.md").read_text()


# The simulator


@pytest.mark.parametrize(
    "flag, nearest",
    [
        ("--time-to-frist-token", "--time-to-first-token"),
        ("--max-lora", "--max-loras"),
        ("--moddel", "--model"),
        ("--inter_token_latency", "--inter-token-latency"),
    ],
)
def test_an_unknown_flag_names_the_nearest(flag: str, nearest: str):
    ended = run("engine-sim", "--model", "x", flag, "1")
    assert ended.returncode != 0
    assert flag in ended.stderr
    assert f"did you mean {nearest}?" in ended.stderr


def test_a_simulator_without_a_model_says_so():
    ended = run("engine-sim")
    assert ended.returncode != 0
    assert "--model" in ended.stderr


def test_an_unknown_subcommand_is_an_error_with_the_nearest():
    ended = run("sevre")
    assert ended.returncode == 64
    assert "there is no subcommand sevre; did you mean serve?" in ended.stderr


@pytest.mark.parametrize(
    "arguments", [["--help"], ["serve", "--help"], ["config", "--help"], ["config", "check", "-h"]]
)
def test_help_has_an_example(arguments: list[str]):
    shown = run(*arguments)
    assert shown.returncode == 0
    assert "switchyard " in shown.stdout and ("xample" in shown.stdout or arguments == ["--help"])


@pytest.mark.parametrize(
    "options", [("--decide", "both"), ("--destination-header", "x-to"), ("--ext-proc-cert", "a", "--ext-proc-key", "b")]
)
def test_options_for_envoy_need_the_external_processor(options: tuple[str, ...]):
    refused = run("serve", "-c", SAMPLE, *options)
    assert refused.returncode == 64
    assert f"{options[0]} is for Envoy's external processing: give --ext-proc HOST:PORT too." in refused.stderr


@pytest.mark.parametrize("name", ["", "x to", "x:to", "é"])
def test_the_destination_header_is_a_fields_name(name: str):
    refused = run("serve", "-c", SAMPLE, "--ext-proc", "127.0.0.1:0", "--destination-header", name)
    assert refused.returncode == 64
    assert "--destination-header must be the name of a header field." in refused.stderr
