"""Somebody at a browser: logs in to the hub, has a server, sees JupyterLab, and asks that server as its pages do."""

from __future__ import annotations

import re
import subprocess
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.classroom.accounts import Account
from tests.e2e.classroom.hub import PASSWORD, Hub
from tests.processes import wait_for

LAPTOP = {"width": 1280, "height": 800}
PATIENCE_MS = 180_000  # a spawn or a page, while other servers start on the same two cores
SMALL = "/files/nothing-here"  # asks who it is, and answers in a line
CALM_MS = 700  # JupyterLab draws on after what was waited for is there
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Person:
    """`pictures` is where screenshots of what this person sees go, numbered in the order of the day."""

    account: Account
    hub: Hub
    page: Page
    pictures: Path

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def server(self) -> str:
        """The address of their server, without an end slash."""
        return f"{self.hub.url}/user/{self.name}"

    def lab(self, path: str = "/lab") -> None:
        """Opens JupyterLab, with none of the tabs of before."""
        self.page.goto(f"{self.server}{path}{'&' if '?' in path else '?'}reset", timeout=PATIENCE_MS)
        self.page.wait_for_selector(".jp-Launcher, .jp-NotebookPanel", timeout=PATIENCE_MS)

    def menu(self, *words: str) -> None:
        """Clicks through a menu of JupyterLab."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{words[0]}$")).click()
        for word in words[1:]:
            self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(word)}$")).click()

    def terminal(self, command: str) -> None:
        """Types a command into a terminal of JupyterLab and waits for its end; it must succeed."""
        done = self.account.home / "command-done"
        done.unlink(missing_ok=True)
        self.page.locator(".jp-LauncherCard", has_text="Terminal").click()
        self.page.locator(".jp-Terminal .xterm-screen").wait_for()
        self.page.wait_for_timeout(CALM_MS)
        self.page.keyboard.type(f"{command}; echo $? > ~/{done.name}\n")
        wait_for(lambda: done.is_file() and done.read_text().strip(), PATIENCE_MS / 1000)
        if done.read_text().strip() != "0":
            self.picture("failed")
        assert done.read_text().strip() == "0", f"{command}: exit code {done.read_text()}"

    def write(self, editor: Locator, text: str) -> None:
        """Writes into a cell in place of what stands there, with keys: JupyterLab may be late to see a selection."""
        editor.click()
        expect(editor).to_be_focused()
        focused = self.page.locator(".cm-content:focus")  # `editor` may be known by the text that goes
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        expect(focused).to_have_text("")
        self.page.keyboard.insert_text(text)
        expect(focused).to_have_text(text, use_inner_text=True)

    def picture(self, title: str) -> None:
        self.page.wait_for_timeout(CALM_MS)
        number = len(list(self.pictures.glob("*.png"))) + 1
        role = self.name.split("-")[0]
        self.page.screenshot(path=self.pictures / f"{number:02} {role} {title}.png")

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """A request to their own server with their session, as its pages send them; the JSON that comes back."""
        answer = self.page.request.fetch(
            f"{self.server}{path}", method=method, headers={"X-XSRFToken": self.xsrf()}, timeout=PATIENCE_MS, **options
        )
        assert answer.ok, f"{method} {path}: {answer.status} {answer.text()[:500]}"
        return answer.json()

    def status(self, url: str) -> int:
        """What somebody with this session is told when they open an address: the status at the end of all redirects."""
        return self.page.request.get(url, timeout=PATIENCE_MS).status

    def xsrf(self) -> str:
        return next(c["value"] for c in self.page.context.cookies(f"{self.server}/") if c["name"] == "_xsrf")

    def runs(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """A command as this user, such as their terminal would run it."""
        return subprocess.run(
            command, user=self.account.uid, group=self.account.gid, extra_groups=[], cwd="/", text=True,
            capture_output=True, env={"PATH": "/usr/bin:/bin", "HOME": str(self.account.home)},
        )  # fmt: skip


def log_in(browser: Browser, hub: Hub, account: Account, pictures: Path) -> Person:
    """Logs in and asks for a server, which then starts; see `arrive`.

    What comes after the start is an address without JupyterLab: not everybody needs to see it, and it costs seconds.
    """
    page = browser.new_context(viewport=LAPTOP).new_page()
    page.set_default_timeout(PATIENCE_MS)
    after = urllib.parse.quote(f"/hub/spawn/{account.name}?next=/user/{account.name}{SMALL}", safe="")
    page.goto(f"{hub.url}/hub/login?next={after}")
    page.fill("#username_input", account.name)
    page.fill("#password_input", PASSWORD)
    page.click("#login_submit")
    page.wait_for_url(re.compile("/hub/spawn-pending/|/user/"))
    return Person(account, hub, page, pictures)


def arrive(person: Person) -> None:
    """Waits until their server is there and knows them."""
    person.page.wait_for_url(f"{person.server}{SMALL}", timeout=PATIENCE_MS)
