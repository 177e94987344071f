"""Makes the pictures of a report that the documentation shows: ``python -m docs.img.make``.

From the samples that come with the project: some with a reservation, some signed, some with
something wrong. Needs Chromium and Pillow.
"""

from __future__ import annotations

import base64
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.browser import Browser, program
from tests.conftest import ROOT, SAMPLES

HERE = Path(__file__).resolve().parent
_BROKEN = """
  const rule = [...document.querySelectorAll('#rules button')];
  rule.find((one) => one.innerText === 'credential-broken').click();
  document.querySelector('#files .row button').click();
"""
PICTURES = ("light", "dark", "french")


def _ours(*arguments: str, folder: Path) -> None:
    """Run a command of ours; a verdict is no failure."""
    places = {"MEDIAOPTOUT_CONFIG": str(folder / "config"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mediaoptout", *arguments, "-q"]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **places}, check=False)
    if done.returncode > 1:
        raise SystemExit(f"{arguments[0]} ended with {done.returncode}")


def _files(folder: Path) -> None:
    """A catalogue as it comes in."""
    samples = sorted(path for path in SAMPLES.glob("*/*") if path.is_file())
    names = ["Aubade", "Barcarolle", "Caprice", "Danse", "Élégie", "Fantaisie", "Gavotte"]
    for number, path in enumerate(samples):
        title = f"{number % 12 + 1:02d} {names[number % len(names)]}{path.suffix}"
        target = folder / "in" / f"EX {number // 12 + 101}" / title
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    holder = ("--set", "holder.name=Example Records")
    _ours("embed", "in", "-o", "masters", *holder, "--wrap-jxl", folder=folder)
    for number, path in enumerate(sorted((folder / "in").rglob("*.*"))):
        if number % 9 == 4:
            shutil.copyfile(path, folder / "masters" / path.relative_to(folder / "in"))
    signed = sorted((folder / "masters").rglob("*.png"))[0]
    data = bytearray(signed.read_bytes())
    at = data.rindex(b"IDAT") + 8
    data[at] ^= 1
    signed.write_bytes(data)


def _picture(browser: Browser, name: str) -> None:
    data = base64.b64decode(browser.send("Page.captureScreenshot", format="png")["data"])
    with Image.open(io.BytesIO(data)) as picture:
        few = picture.convert("RGB").quantize(
            256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
        few.save(HERE / f"report-{name}.png", optimize=True)


def main() -> None:
    """Make every picture."""
    if program() is None:
        raise SystemExit("there is no Chromium here")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _files(folder)
        _ours("verify", "masters", "--report", "report.html", folder=folder)
        for kind in PICTURES:
            with Browser(folder / kind, lang="fr" if kind == "french" else "en") as browser:
                browser.prefer(prefers_color_scheme="dark" if kind == "dark" else "light")
                browser.open(folder / "report.html")
                if kind == "dark":
                    browser.run(_BROKEN)
                    browser.run("document.getElementById('count').scrollIntoView()")
                _picture(browser, kind)


if __name__ == "__main__":
    main()
