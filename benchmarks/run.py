"""Every benchmark, with one command: ``python -m benchmarks.run [--times 5] [NAME…]``.

Each compares us with a public tool on the same files in the same run; the ratio is what counts.
Writes a table (Markdown) to standard output. Needs what the tests need, and ExifTool for one row.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Run, alternating

PYTHON = sys.executable
OURS = [PYTHON, "-m", "mediaoptout"]
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A comparison.

    Args:
        name: what to call it on the command line.
        question: what it answers.
        baseline: the case that ours are compared with.
        prepare: makes the files in a folder, and gives the commands by name.
    """

    name: str
    question: str
    baseline: str
    prepare: Callable[[Path, float], dict[str, Sequence[str]]]


def _wav(path: Path, size: int) -> None:
    block = random.Random(1).randbytes(1 << 20)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(3)
        out.setframerate(48000)
        for _ in range(max(1, size // len(block))):
            out.writeframesraw(block[: len(block) // 6 * 6])


def _mov(path: Path, size: int) -> None:
    """A movie with its index behind the samples, as cameras write it: one track of raw bytes."""

    def box(kind: bytes, *parts: bytes) -> bytes:
        body = b"".join(parts)
        return struct.pack(">I4s", len(body) + 8, kind) + body

    block = random.Random(2).randbytes(1 << 20)
    count = max(1, size // len(block))
    ftyp = box(b"ftyp", b"isom", bytes(4), b"isommp41")
    start = len(ftyp) + 16
    unity = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    mvhd = box(
        b"mvhd",
        bytes(12),
        struct.pack(">IIIH", 1000, count, 0x10000, 0x100),
        bytes(10),
        unity,
        bytes(24),
        struct.pack(">I", 2),
    )
    tkhd = box(
        b"tkhd",
        b"\0\0\0\7",
        bytes(8),
        struct.pack(">IIIII", 1, 0, count, 0, 0),
        bytes(8),
        unity,
        bytes(8),
    )
    mdhd = box(b"mdhd", bytes(12), struct.pack(">IIHH", 1000, count, 0x55C4, 0))
    hdlr = box(b"hdlr", bytes(8), b"meta", bytes(12), b"\0")
    dinf = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", b"\0\0\0\1")))
    places = (struct.pack(">Q", start + number * len(block)) for number in range(count))
    stbl = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), box(b"mett", bytes(6), b"\0\1", b"\0x\0")),
        box(b"stts", struct.pack(">IIII", 0, 1, count, 1)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
        box(b"stsz", struct.pack(">III", 0, len(block), count)),
        box(b"co64", struct.pack(">II", 0, count), *places),
    )
    minf = box(b"minf", box(b"nmhd", bytes(4)), dinf, stbl)
    moov = box(b"moov", mvhd, box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, minf)))
    with path.open("wb") as out:
        out.write(ftyp + struct.pack(">I4sQ", 1, b"mdat", 16 + count * len(block)))
        for _ in range(count):
            out.write(block)
        out.write(moov)


def _jpegs(folder: Path, count: int) -> None:
    from PIL import Image

    folder.mkdir(parents=True)
    for number in range(count):
        image = Image.effect_noise((160, 120), 60 + number % 40).convert("RGB")
        image.save(folder / f"{number:05}.jpg", quality=85)


def _embed(source: Path, output: Path, *more: str) -> list[str]:
    return [*OURS, "embed", str(source), "--output", str(output), "--quiet", *more]


def _large(folder: Path, scale: float) -> dict[str, Sequence[str]]:
    source = folder / "in"
    source.mkdir()
    for number in range(3):
        _wav(source / f"{number}.wav", int(300 * MEGABYTE * scale))
    _mov(source / "movie.mp4", int(300 * MEGABYTE * scale))
    out = folder / "out"
    return {
        "cp -r, sync": ["sh", "-c", f"cp -r '{source}' '{out}' && sync"],
        "embed --no-sign": _embed(source, out, "--no-sign"),
    }


def _small(folder: Path, scale: float) -> dict[str, Sequence[str]]:
    _jpegs(folder / "in", int(2000 * scale))
    return {
        "cp -r, sync": ["sh", "-c", f"cp -r '{folder}/in' '{folder}/out' && sync"],
        "embed --no-sign": _embed(folder / "in", folder / "out", "--no-sign"),
    }


_BARE = """
import json, sys, pathlib
from c2pa import Builder, C2paBuilderIntent, C2paSignerInfo, Context, Signer
from mediaoptout.credentials.identity import local
identity = local()
signer = Signer.from_info(C2paSignerInfo(
    alg=b"es256", sign_cert=identity.chain, private_key=identity.key, ta_url=None))
context = Context.from_dict({"version": 1, "builder": {"thumbnail": {"enabled": False}},
    "verify": {"remote_manifest_fetch": False}})
definition = json.dumps({"claim_generator_info": [{"name": "bare"}], "assertions": [
    {"label": "cawg.training-mining",
     "data": {"entries": {"cawg.data_mining": {"use": "notAllowed"}}}}]})
source, output = map(pathlib.Path, sys.argv[1:])
output.mkdir(parents=True, exist_ok=True)
for path in sorted(source.iterdir()):
    builder = Builder(definition, context=context)
    builder.set_intent(C2paBuilderIntent.EDIT)
    builder.sign_file(str(path), str(output / path.name), signer)
"""


def _sign_large(folder: Path, scale: float) -> dict[str, Sequence[str]]:
    source = folder / "in"
    source.mkdir()
    _wav(source / "large.wav", int(1000 * MEGABYTE * scale))
    return {
        "Builder.sign_file": [PYTHON, "-c", _BARE, str(source), str(folder / "out")],
        "embed": _embed(source, folder / "out"),
    }


def _sign_small(folder: Path, scale: float) -> dict[str, Sequence[str]]:
    _jpegs(folder / "in", int(400 * scale))
    return {
        "Builder.sign_file": [PYTHON, "-c", _BARE, str(folder / "in"), str(folder / "out")],
        "embed": _embed(folder / "in", folder / "out"),
    }


_HASHED = """
import hashlib, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256").hexdigest()
"""

_READ = """
import sys, pathlib
from c2pa import Context, Reader
context = Context.from_dict({"version": 1, "core": {"allowed_network_hosts": []},
    "verify": {"remote_manifest_fetch": False}})
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    with Reader(str(path), context=context) as reader:
        assert reader.get_validation_state() == "Valid"
"""


def _signed(folder: Path) -> Path:
    """The files of ``in``, signed where they stood."""
    unsigned = (folder / "in").rename(folder / "unsigned")
    subprocess.run(_embed(unsigned, folder / "in"), check=True)
    shutil.rmtree(unsigned)
    return folder / "in"


def _verify_large(folder: Path, scale: float) -> dict[str, Sequence[str]]:
    (folder / "in").mkdir()
    for number in range(3):
        _wav(folder / "in" / f"{number}.wav", int(300 * MEGABYTE * scale))
    _mov(folder / "in" / "movie.mp4", int(300 * MEGABYTE * scale))
    source = str(_signed(folder))
    return {
        "hashlib, SHA-256": [PYTHON, "-c", _HASHED, source],
        "verify": [*OURS, "verify", source, "--quiet"],
    }


def _verify_small(folder: Path, scale: float) -> dict[str, Sequence[str]]:
    _jpegs(folder / "in", int(2000 * scale))
    source = str(_signed(folder))
    return {
        "c2pa.Reader, one process": [PYTHON, "-c", _READ, source],
        "verify": [*OURS, "verify", source, "--quiet"],
    }


def _scan(folder: Path, scale: float) -> dict[str, Sequence[str]]:
    samples = Path(__file__).parent.parent / "sample_media"
    source = folder / "in"
    for number in range(int(40 * scale)):
        shutil.copytree(
            samples, source / str(number), ignore=shutil.ignore_patterns("make.py", "*.md")
        )
    exiftool = os.environ.get("EXIFTOOL") or shutil.which("exiftool")
    cases: dict[str, Sequence[str]] = {
        "verify --quick": [*OURS, "verify", str(source), "--quick", "--quiet"]
    }
    if exiftool is None:
        return cases
    reading = [exiftool, "-q", "-r", "-fast2", "-XMP-plus:DataMining", str(source)]
    return {"exiftool, one tag": reading, **cases}


def _start(folder: Path, scale: float) -> dict[str, Sequence[str]]:
    return {
        "python -c pass": [PYTHON, "-c", "pass"],
        "mediaoptout --help": [*OURS, "--help"],
    }


BENCHMARKS = (
    Benchmark(
        "large",
        "What does a batch of large files cost over copying it?",
        "cp -r, sync",
        _large,
    ),
    Benchmark(
        "small",
        "How many small files a second, each on the disk?",
        "cp -r, sync",
        _small,
    ),
    Benchmark(
        "sign-large",
        "What does signing a WAV of 1 GB cost, read back?",
        "Builder.sign_file",
        _sign_large,
    ),
    Benchmark(
        "sign-small",
        "How many small JPEGs a second, signed and read back?",
        "Builder.sign_file",
        _sign_small,
    ),
    Benchmark(
        "verify-large",
        "What does checking large signed files cost over hashing them?",
        "hashlib, SHA-256",
        _verify_large,
    ),
    Benchmark(
        "verify-small",
        "How many small signed files a second are checked?",
        "c2pa.Reader, one process",
        _verify_small,
    ),
    Benchmark(
        "scan",
        "How fast is a folder scanned?",
        "exiftool, one tag",
        _scan,
    ),
    Benchmark("start", "How long does the command take to start?", "python -c pass", _start),
)


def report(benchmark: Benchmark, found: dict[str, Run], items: int) -> str:
    """The rows of one benchmark."""
    base = found.get(benchmark.baseline)
    lines = [f"\n### {benchmark.name}: {benchmark.question}\n"]
    lines.append(
        "| case | seconds | files/s | time / baseline | busy s | peak MB | read MB | written MB |"
    )
    lines.append("|---|---|---|---|---|---|---|---|")
    for name, case in found.items():
        ratio = f"{case.seconds / base.seconds:.2f}" if base is not None else "–"
        read, written = (
            "–" if value is None else f"{value / MEGABYTE:.0f}"
            for value in (case.read, case.written)
        )
        lines.append(
            f"| {name} | {case.seconds:.3f} | {items / case.seconds:.0f} | {ratio} "
            f"| {case.busy:.2f} | {case.peak / MEGABYTE:.0f} | {read} | {written} |"
        )
    return "\n".join(lines)


def machine() -> str:
    """What this was measured on."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text("utf-8").splitlines()
        model = next((line.partition(": ")[2] for line in lines if "model name" in line), model)
    return (
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, {model}"
    )


def main() -> None:
    """Run what was asked for."""
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--times", type=int, default=5, help="runs of each case")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the files, relative")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(names)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    print(machine())
    with tempfile.TemporaryDirectory(prefix="mediaoptout-benchmarks-") as top:
        os.environ["MEDIAOPTOUT_CONFIG"] = str(Path(top) / "config")
        # What is installed was compiled when it was installed.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(top) / "compiled")
        subprocess.run([*OURS, "identity", "new"], check=True, stdout=subprocess.DEVNULL)
        for benchmark in BENCHMARKS:
            if arguments.names and benchmark.name not in arguments.names:
                continue
            folder = Path(top) / benchmark.name
            folder.mkdir()
            cases = benchmark.prepare(folder, arguments.scale)

            # Old outputs are put aside: a file system that has just freed many inodes is slower.
            def clear(_name: str, folder: Path = folder) -> None:
                if (folder / "out").exists():
                    (folder / "out").rename(folder / f"out-{time.monotonic_ns()}")
                subprocess.run(["sync"], check=True)

            found = alternating(cases, clear, arguments.times)
            files = sum(path.is_file() for path in (folder / "in").rglob("*"))
            print(report(benchmark, found, max(1, files)), flush=True)
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
