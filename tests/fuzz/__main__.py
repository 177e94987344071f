"""Run the fuzz targets: ``python -m tests.fuzz [--runs N] [--seconds S] [--seed N] [NAME...]``.

With atheris (``pip install -e .[fuzz]``) the inputs are led by the coverage of mediaoptout; without
it they are the same blind variants each time. Each finding is kept as a file and named; the exit
code is 1 if there is one.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import traceback
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fuzz.limits import MEGABYTES, SECONDS, limited
from tests.fuzz.mutation import variants

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

FINDINGS = Path("fuzz-findings")


def main(arguments: list[str] | None = None) -> int:
    """Fuzz what is named on the command line, one target after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="targets; all if none is named")
    parser.add_argument("--runs", type=int, default=1000, help="inputs per target")
    parser.add_argument(
        "--seconds", type=int, default=0, help="at most so long per target, with atheris"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the pseudo-random choices")
    parser.add_argument("--keep", type=Path, default=FINDINGS, help="where findings are kept")
    parser.add_argument("--blind", action="store_true", help="without atheris")
    parser.add_argument("--list", action="store_true", help="name the targets")
    given = parser.parse_args(arguments)

    guided = not given.blind and find_spec("atheris") is not None and hasattr(os, "fork")
    targets = _load(guided=guided)
    unknown = sorted(set(given.names) - set(targets))
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    if given.list:
        print("\n".join(targets))
        return 0
    found = 0
    for target in (targets[name] for name in given.names or targets):
        folder = given.keep / target.name
        if guided:
            ended_well = _guided(target, folder, given.runs, given.seconds, given.seed)
        else:
            ended_well = _blind(target, folder, given.runs, given.seed)
        print(f"{target.name}: {'ok' if ended_well else 'FOUND'}", flush=True)
        found += not ended_well
    how = "guided by coverage" if guided else "blind"
    print(f"{found} of {len(given.names or targets)} targets found something ({how})")
    return 1 if found else 0


def _load(*, guided: bool) -> dict[str, Target]:
    if guided:
        import atheris

        # Imports inside functions of ours come later, but only of modules that are named here too.
        with _quiet(), atheris.instrument_imports(include=["mediaoptout"]):
            from tests.fuzz.targets import TARGETS
    else:
        from tests.fuzz.targets import TARGETS
    return dict(TARGETS)


class _quiet:
    """The standard error of this process goes nowhere: atheris names each module there."""

    def __enter__(self) -> None:
        sys.stderr.flush()
        self._kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def __exit__(self, *_: object) -> None:
        sys.stderr.flush()
        os.dup2(self._kept, 2)
        os.close(self._kept)


def _blind(target: Target, folder: Path, runs: int, seed: int) -> bool:
    """One target with the blind variants; False once it finds something."""
    seeds = target.seeds()
    for data in (*seeds, *variants(seeds, runs, seed)):
        try:
            with limited():
                target.exercise(data)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            _keep(folder, data, error)
            return False
    return True


def _keep(folder: Path, data: bytes, error: BaseException) -> None:
    traceback.print_exception(error)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{type(error).__name__}-{hashlib.sha256(data).hexdigest()[:12]}"
    kept.write_bytes(data)
    print(f"kept as {kept}", file=sys.stderr, flush=True)


def _guided(target: Target, folder: Path, runs: int, seconds: int, seed: int) -> bool:
    """One target under atheris, which ends the process that it runs in: so in a fork."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryFile() as log:
        for index, data in enumerate(target.seeds()):
            (Path(corpus) / f"{index:03}").write_bytes(data)
        child = os.fork()
        if not child:
            os.dup2(log.fileno(), 2)
            _atheris(target, corpus, folder, runs, seconds, seed)
        _, status = os.waitpid(child, 0)
        if status:
            log.seek(0)
            sys.stderr.write(log.read().decode("utf-8", "replace")[-6000:])
    if not any(folder.iterdir()):
        folder.rmdir()
        if not any(folder.parent.iterdir()):
            folder.parent.rmdir()
    return status == 0


def _atheris(target: Target, corpus: str, folder: Path, runs: int, seconds: int, seed: int) -> None:
    import atheris

    options = (
        f"-runs={runs}",
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-timeout={SECONDS}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-artifact_prefix={folder}/",
        "-max_len=65536",
        "-len_control=0",
        "-print_final_stats=0",
    )

    def exercise(data: bytes) -> None:
        try:
            target.exercise(data)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the finding)
            _keep(folder, data, error)
            os._exit(1)

    try:
        atheris.Setup([sys.argv[0], *options, corpus], exercise)
        atheris.Fuzz()
    finally:
        os._exit(70)  # atheris has ended the process before, with a code of its own


if __name__ == "__main__":
    sys.exit(main())
