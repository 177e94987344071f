"""How fast the page of a large run answers: ``python -m benchmarks.page [--files 50000]``.

Records of real files, as many as wanted, each with a statement of its own; the page is opened in
Chromium, and every filter and sort is timed there, from the event to the laid-out table.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mediaoptout import VerifyRecord, embed, load_profile, verify
from mediaoptout.embedding.declaration import EmbedOptions
from mediaoptout.reports.base import Run
from mediaoptout.reports.several import Reports
from tests.browser import Browser, program
from tests.conftest import SAMPLES

_TIMES = """
(async () => {
  const found = [];
  const time = async (name, act) => {
    const took = [];
    for (let turn = 0; turn < 7; turn += 1) {
      await new Promise((done) => setTimeout(done, 20));
      const start = performance.now();
      act(turn);
      document.body.getBoundingClientRect();
      took.push(performance.now() - start);
    }
    took.sort((a, b) => a - b);
    found.push([name, took[3], took[6], document.getElementById("count").textContent]);
  };
  const give = (id, value) => {
    const node = document.getElementById(id);
    node.value = value;
    node.dispatchEvent(new Event("input", { bubbles: true }));
  };
  for (const text of ["t", "track 7", "prohibited", "label 4999", "no such thing"]) {
    await time(`search: ${text}`, (turn) => give("query", turn % 2 ? "" : text));
  }
  give("query", "");
  for (const id of ["severity", "rule", "container"]) {
    const value = document.getElementById(id).options[1].value;
    await time(`${id}: ${value}`, (turn) => give(id, turn % 2 ? "" : value));
    give(id, "");
  }
  await time("verdict", () => document.querySelector("#totals button").click());
  for (const button of [...document.querySelectorAll("#files thead button")]) {
    const column = button.dataset.column;
    const again = () => document.querySelector(`[data-column="${column}"]`).click();
    await time(`sort: ${column}`, again);
  }
  return found;
})()
"""


def _records(folder: Path) -> tuple[VerifyRecord, ...]:
    """Records of every sample, as it is and with a reservation."""
    made: list[Path] = []
    reservation = load_profile("eu-tdm", ["holder.name=Example Records"])
    for path in sorted(SAMPLES.glob("*/*")):
        if path.is_file():
            target = folder / path.parent.name / path.name
            options = EmbedOptions(sign=False)
            record = embed(path, target, reservation=reservation, options=options)
            made += [path, target] if record.output else [path]
    records = (verify(path) for path in made)
    return tuple(record for record in records if record.verdict is not None)


def _many(records: tuple[VerifyRecord, ...], count: int) -> Iterator[VerifyRecord]:
    for number in range(count):
        record = records[number % len(records)]
        own = tuple(
            replace(item, value=f"{item.value} label {number}") for item in record.statements[:1]
        )
        name = f"masters/album {number // 12:05d}/{number % 12 + 1:02d} track {number}"
        path = name + Path(record.path).suffix
        yield replace(record, path=path, statements=(*own, *record.statements[1:]))


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    files = parser.parse_args().files
    if program() is None:
        parser.error("there is no Chromium here")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = _records(folder / "files")
        target = folder / "page.html"
        start = time.perf_counter()
        with Reports([target]) as reports:
            for record in _many(records, files):
                reports.add(record)
            reports.finish(Run(command="verify", started=datetime.now(UTC), seconds=0))
        made = time.perf_counter() - start
        size = target.stat().st_size
        with Browser(folder / "browser") as browser:
            start = time.perf_counter()
            browser.open(target)
            shown = browser.run("document.getElementById('count').textContent")
            opened = time.perf_counter() - start
            rows = browser.run(_TIMES)
    print(f"{shown}: {size / 1e6:.1f} MB, made in {made:.1f} s, open after {opened:.2f} s\n")
    print("| what | median ms | slowest of 7 |\n|---|---|---|")
    for what, median, slowest, _ in rows:
        print(f"| {what} | {median:.0f} | {slowest:.0f} |")


if __name__ == "__main__":
    main()
