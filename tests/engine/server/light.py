"""A course whose one assignment is quick to judge, and the page on it, served in a thread of the test's process."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_server.serverapp import ServerApp
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets.config import Config

from autograder.authoring.build import compile_assignment
from autograder.course import CONFIG, Course, read_course
from autograder.samples.classes import Sample, hand_in

NAME = "tiny"
TEXT = '''# %% [markdown]
# # Tiny


# %% grade_id="double" role="solution"
def double(n: int) -> int:
    """Twice n."""
    ### BEGIN SOLUTION
    return 2 * n
    ### END SOLUTION


# %% grade_id="test_double" role="test" points=2
assert double(3) == 6, "twice 3 is 6"

# %% [markdown] grade_id="why" role="manual" points=1
# Why?
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
'''
WRONG = "def double(n):\n    return n"
QUICK = "\nc.Autograder.preload = []\nc.Autograder.cell_seconds = 20.0\n"
SLOW = "import time\n\ntime.sleep(15)"  # a cell that is still at work when a job is cancelled


def make(folder: Path, built: Path, samples: list[Sample]) -> Course:
    """The course in `folder`; `built` is the repository, whose configuration it takes."""
    (folder / "source").mkdir(parents=True)
    (folder / "source" / f"{NAME}.py").write_text(TEXT)
    (folder / CONFIG).write_text((built / CONFIG).read_text() + QUICK)
    compile_assignment(folder, NAME, execute=False)
    hand_in(folder, NAME, samples, built=folder)
    return read_course(folder)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def has(self, pattern: str) -> bool:
        return re.search(pattern, self.text, re.DOTALL) is not None


@dataclass
class Client:
    """Speaks to a page as a browser does: with its cookies, and the token that forms carry."""

    port: int
    base: str = "/autograder"
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, *fields: tuple[str, str], token: bool = True) -> Answer:
        if token and "_xsrf" not in self.cookies:
            self.get("")
        sent = [*fields, ("_xsrf", self.cookies["_xsrf"])] if token else [*fields]
        return self._ask(
            "POST", path, urllib.parse.urlencode(sent), {"Content-Type": "application/x-www-form-urlencoded"}
        )

    def send(self, path: str, value: object) -> Answer:
        """A POST of JSON, as scripts send it."""
        if "_xsrf" not in self.cookies:
            self.get("")
        headers = {"Content-Type": "application/json", "X-XSRFToken": self.cookies["_xsrf"]}
        return self._ask("POST", path, json.dumps(value), headers)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, self.base + path, body, {**headers, "Cookie": cookies})
        reply = connection.getresponse()
        for name, value in reply.getheaders():
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        text = reply.read().decode()
        connection.close()
        return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, text)

    def job(self, name: str, *, ended: bool = True, seconds: float = 300) -> Any:
        """A job's state; with `ended`, once it has come to its end."""
        until = time.monotonic() + seconds
        while True:
            found = self.get(f"/api/jobs/{name}").json
            if found["end"] or not ended:
                return found
            assert time.monotonic() < until, f"the job did not end: {found}"
            time.sleep(0.1)


@contextmanager
def serving(folder: Path, home: Path, **settings: Any) -> Iterator[Client]:
    """A Jupyter server of its own on `folder`, with the page; `settings` are those of GradingPage."""
    config = Config()
    config.ServerApp.update(
        {"root_dir": str(folder), "ip": "127.0.0.1", "open_browser": False, "allow_root": True,
         "jpserver_extensions": {"autograder.server": True},
         "cookie_secret": b"the same in every test, as nothing here is secret", "log_level": "ERROR"}
    )  # fmt: skip
    config.IdentityProvider.token = ""
    config.GradingPage.update(settings)
    port: list[int] = []
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        app = ServerApp(config=config, config_dir=str(home))
        app.init_signal = lambda: None  # signals belong to the test's own thread
        app.initialize(argv=[], find_extensions=False, new_httpserver=False)
        sockets = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(app.web_app)
        server.add_sockets(sockets)
        port.append(sockets[0].getsockname()[1])
        ready.set()
        await stop.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(60), "the server did not start"
    try:
        yield Client(port[0])
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
