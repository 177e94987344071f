"""A real browser, without a window: Chromium, driven through a pipe by its own protocol (CDP).

There is nothing between: no driver, no library. A test that asks for a browser is skipped where
there is none.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections import deque
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 60.0
"""How long an answer may take, in seconds."""

# The protocol speaks on descriptors 3 and 4, which a small shell puts in place.
_PIPES = 'r=$1; w=$2; shift 2; exec "$@" 3</dev/fd/$r 4>/dev/fd/$w'


@cache
def program() -> str | None:
    """Where Chromium is; ``$CHROMIUM`` names another."""
    if sys.platform == "win32":
        return None
    given = os.environ.get("CHROMIUM")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


@cache
def axe_core() -> str | None:
    """The script of axe-core, the checker of accessibility, where it is installed."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    script = folder / "mediaoptout-witnesses/node_modules/axe-core/axe.min.js"
    return script.read_text("utf-8") if script.is_file() else None


def axe(page: Browser) -> list[str] | None:
    """What axe-core finds wrong with the page (WCAG 2.2, A and AA, and good practice)."""
    script = axe_core()
    if script is None:
        return None
    page.run(script)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.run(f"axe.run({{runOnly: {json.dumps(tags)}}}).then((all) => all.violations)")
    return [
        f"{item['id']}: {item['help']}: {[node['html'] for node in item['nodes']][:3]}"
        for item in found
    ]


class Browser:
    """One browser with one page. Use as a context manager."""

    def __init__(self, folder: Path, *, lang: str = "en") -> None:
        command = program()
        assert command is not None
        there, write = os.pipe()
        read, here = os.pipe()
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--hide-scrollbars",
            "--remote-debugging-pipe",
            f"--user-data-dir={folder}",
            f"--lang={lang}",
            f"--accept-lang={lang}",
            "--window-size=1280,900",
        ]
        self._process = subprocess.Popen(
            ["sh", "-c", _PIPES, "sh", str(there), str(here), command, *options, "about:blank"],
            pass_fds=(there, here),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(there)
        os.close(here)
        self._write, self._read = write, os.fdopen(read, "rb", buffering=0)
        self._rest = b""
        self._number = 0
        self._session: str | None = None
        self.events: deque[dict[str, Any]] = deque()
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = session["sessionId"]
        for room in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{room}.enable")

    def send(self, method: str, **given: Any) -> dict[str, Any]:
        """Ask for something, and wait for the answer; what comes meanwhile is in `events`."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": given}
        if self._session is not None:
            message["sessionId"] = self._session
        data = memoryview(json.dumps(message).encode() + b"\0")
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return dict(answer["result"])
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], PATIENCE)
            assert ready, "the browser does not answer"
            more = self._read.read(1 << 20)
            assert more, "the browser has gone"
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(line))

    def open(self, path: Path) -> None:
        """Show a file, and wait until it is there."""
        self.events.clear()
        self.send("Page.navigate", url=path.resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is waited for."""
        answer = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def prefer(self, **media: str) -> None:
        """Let media features have values: ``prefers_color_scheme="dark"``."""
        features = [{"name": key.replace("_", "-"), "value": val} for key, val in media.items()]
        self.send("Emulation.setEmulatedMedia", media="", features=features)

    def press(self, key: str) -> None:
        """Press a key that has no character, by its name, or Tab."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "PageUp": 33, "PageDown": 34, "End": 35}
        codes |= {"Home": 36, "ArrowUp": 38, "ArrowDown": 40}
        text = {"text": "\r"} if key == "Enter" else {}
        common = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        self.send("Input.dispatchKeyEvent", type="keyDown", **common, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    @property
    def complaints(self) -> list[str]:
        """What the browser said on its console: errors, breaches of the page's policy."""
        found = []
        for event in self.events:
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(event["params"]["exceptionDetails"]))
            if event["method"] == "Log.entryAdded":
                found.append(event["params"]["entry"]["text"])
        return found

    @property
    def requests(self) -> list[str]:
        """Every address that was asked for, but those in the page itself and those it forbids."""
        stopped = {
            event["params"]["requestId"]
            for event in self.events
            if event["method"] == "Network.loadingFailed"
            and event["params"].get("blockedReason") == "csp"
        }
        sent = [
            event["params"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        addresses = [one["request"]["url"] for one in sent if one["requestId"] not in stopped]
        return [address for address in addresses if not address.startswith("data:")]

    def close(self) -> None:
        os.close(self._write)
        self._process.terminate()
        self._process.wait(10)
        self._read.close()

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
