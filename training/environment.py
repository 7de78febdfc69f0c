"""The virtual environments of the trainers: one a folder, with the packages of its requirements.txt."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path


def enter(folder: Path) -> None:
    """Continues inside the folder's environment with the pinned packages, making it first if need be."""
    environment = folder / ".venv"
    python = environment / "bin" / "python"
    if Path(sys.prefix).resolve() == environment.resolve():
        return
    if not (environment / ".complete").exists():
        print(f"making {environment}", flush=True)
        venv.create(environment, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", folder / "requirements.txt"], check=True)
        (environment / ".complete").touch()
    os.execv(python, [str(python), *sys.argv])
