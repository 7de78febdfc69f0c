"""Runs the fault suite and prints its figures as a table; with --write it puts them into docs/reliability.md as well.

  .cache/end-to-end/venv/bin/python Tests/EndToEnd/fault_table.py [--write] [pytest arguments]

SWITCHYARD names the binary (default .build/debug/switchyard). scripts/end-to-end.sh makes the virtual environment. The
page is written only when every test passed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER.parents[1] / "docs" / "reliability.md"
BEGIN, END = "<!-- The table of faults, written by Tests/EndToEnd/fault_table.py -->\n", "<!-- The end of the table -->\n"


def write(table: str) -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    assert found, f"{PAGE} has no place for the table: the lines {BEGIN!r} and {END!r}"
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")


def main() -> int:
    arguments = sys.argv[1:]
    writes = "--write" in arguments
    os.environ["SWITCHYARD"] = os.path.abspath(os.environ.get("SWITCHYARD") or ".build/debug/switchyard")
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "table.md")
        os.environ["FAULT_TABLE"] = str(file)
        options = ["-c", str(FOLDER / "pytest.ini"), "--rootdir", str(FOLDER), str(FOLDER / "test_faults.py")]
        code = pytest.main([*options, *[argument for argument in arguments if argument != "--write"]])
        table = file.read_text() if file.exists() else ""
    print(table, end="")
    if writes and code == 0:
        write(table)
    elif writes:
        print("fault_table.py: not every test passed, so docs/reliability.md stays as it is", file=sys.stderr)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
