"""The walkthrough's commands, run as they are written, give the lines that stand under them."""

import re
import subprocess
from pathlib import Path

import pytest

from conftest import Fleet

PAGE = Path(__file__).parents[2] / "docs" / "walkthrough.md"


def sections() -> list[tuple[str, str, list[str]]]:
    """Title, commands and expected lines of each numbered section."""
    found = []
    for part in re.split(r"^## ", PAGE.read_text(), flags=re.M)[1:]:
        title, _, text = part.partition("\n")
        if not re.match(r"\d\.", title):
            continue
        blocks = [
            "\n".join(line[4:] for line in block.splitlines())
            for block in re.findall(r"(?:^    .*\n?|^\n(?=    ))+", text, flags=re.M)
        ]
        code = "\n".join(blocks)
        commands, answer = code.split("HTTP/1.1 ", 1)
        lines = ["HTTP/1.1 " + answer.splitlines()[0], *answer.splitlines()[1:]]
        found.append((title, commands, [line for line in lines if line.strip()]))
    return found


def test_the_walkthrough_has_six_requests():
    assert [title[:2] for title, _, _ in sections()] == ["1.", "2.", "3.", "4.", "5.", "6."]


@pytest.mark.parametrize(("title", "commands", "expected"), sections(), ids=[title for title, _, _ in sections()])
def test_a_request_of_the_walkthrough(fleet: Fleet, tmp_path: Path, title: str, commands: str, expected: list[str]):
    commands = commands.replace("localhost:8080", f"127.0.0.1:{fleet.port}")
    answer = subprocess.run(
        ["bash", "-c", commands], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    lines = [line.rstrip("\r") for line in answer.stdout.splitlines()]
    for line in expected:
        assert line in lines, title
