"""Catalogues from Python, as the documentation tells it."""

from __future__ import annotations

import re
import shutil
from typing import Any

from tests.conftest import ROOT, SAMPLES


def test_the_example_of_the_documentation(tmp_path, monkeypatch):
    text = (ROOT / "docs/catalogue.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDIAOPTOUT_CONFIG", str(tmp_path / "config"))
    (tmp_path / "ours.toml").write_text('extends = "eu-tdm"\n')
    (tmp_path / "masters.csv").write_text("Datei,performer\na.wav,Zoé\n", "utf-8")
    (tmp_path / "masters").mkdir()
    shutil.copyfile(SAMPLES / "wav/pcm16.wav", tmp_path / "masters/a.wav")
    said: dict[str, Any] = {}
    exec(compile(code, "catalogue.md", "exec"), said)
    assert said["record"].status == "written"
    assert (tmp_path / "tagged/a.wav").exists()
