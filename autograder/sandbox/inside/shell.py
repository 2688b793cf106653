"""An IPython shell that behaves like ipykernel's but sends outputs to a `Recorder`; between `capture` and `cells`."""

from __future__ import annotations

import contextlib
import fnmatch
import inspect
import os
import struct
import subprocess
from collections.abc import Iterator
from subprocess import CalledProcessError
from types import TracebackType
from typing import Any

from IPython.core import page
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.profiledir import ProfileDir
from IPython.display import Javascript, display
from IPython.utils.process import system
from traitlets import CBool, Type

from autograder.sandbox.inside.capture import Recorder

# mypy: disable-error-code="misc, untyped-decorator"
# IPython's classes and decorators have no types, and every class here is made of them.

CELL_FILE = "/tmp/ipykernel_0/{}.py"  # the path that warnings show; with process 0, so that all runs show the same
HASH_SEED = 0xC70F6907  # ipykernel's, so that the file names are those of its kernels
OUR_FILES = os.path.dirname(__file__) + os.sep
ENVIRONMENT = {  # as ipykernel sets it: figures in the notebook, colours, and no pager that waits for a key
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "TERM": "xterm-color",
    "CLICOLOR": "1",
    "FORCE_COLOR": "1",
    "CLICOLOR_FORCE": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
}


class Compiler(CachingCompiler):
    """Gives a cell's code the file name that ipykernel gives it."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        name = CELL_FILE.format(murmur2(raw_code.encode()))
        inspect.modulesbyfile[name] = "__main__"  # else inspect searches all modules for each frame: 1 ms
        return name


def murmur2(data: bytes) -> int:
    """MurmurHash2 (Austin Appleby, 32 bits), with ipykernel's seed."""
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    h = HASH_SEED ^ len(data)
    whole = len(data) & ~3
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        k = (k * multiplier) & mask
        k = ((k ^ (k >> 24)) * multiplier) & mask
        h = ((h * multiplier) & mask) ^ k
    if rest := data[whole:]:
        h = ((h ^ int.from_bytes(rest, "little")) * multiplier) & mask
    h = ((h ^ (h >> 13)) * multiplier) & mask
    return h ^ (h >> 15)


class Store(dict[str, Any]):
    """The values of %store and %bookmark, in memory; a kernel keeps them in files of the user's profile."""

    def keys(self, pattern: str = "*") -> list[str]:  # type: ignore[override]  # as the database that IPython has
        return fnmatch.filter(super().keys(), pattern)


class ResultHook(DisplayHook):
    """Records the value of a cell's last expression."""

    recorder: Recorder | None = None
    pending: dict[str, Any] | None = None  # set between start and finish; an error then comes from a __repr__

    def start_displayhook(self) -> None:
        self.pending = {}

    def write_output_prompt(self) -> None:
        """Does nothing: the output has the execution count."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        if self.pending is not None:
            self.pending = {"data": format_dict, "metadata": md_dict}

    def finish_displayhook(self) -> None:
        pending, self.pending = self.pending, None
        if self.recorder is not None and self.recorder.takes():
            self.recorder.flush_streams()
            if pending and pending["data"]:
                self.recorder.result(pending["data"], pending["metadata"], self.prompt_count)


class Publisher(DisplayPublisher):
    """Records what display(), figures and clear_output() publish."""

    recorder: Recorder | None = None

    def publish(
        self, data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False, **_: Any
    ) -> None:
        if self.recorder is not None and self.recorder.takes():
            self.recorder.flush_streams()
            self._validate_data(data, {} if metadata is None else metadata)
            self.recorder.display(data, metadata, transient, update)

    def clear_output(self, wait: bool = False) -> None:
        if self.recorder is not None and self.recorder.takes():
            self.recorder.flush_streams()
            self.recorder.clear(wait)


@magics_class
class KernelMagics(Magics):
    """The magics of ipykernel that work in a notebook without a user."""

    @line_magic
    def clear(self, line: str) -> None:
        """Clears the terminal, which a notebook has not: shows the terminal's codes for it."""
        self.shell.system("clear")

    @line_magic
    def less(self, line: str) -> None:
        """Shows a file in the pager."""
        with open(os.path.expanduser(line), encoding="utf-8") as file:
            page.page(file.read())

    @line_magic
    def autosave(self, line: str) -> None:
        """Sets how often the page in the browser saves the notebook, in seconds."""
        try:
            seconds = int(line)
        except ValueError as error:
            raise UsageError(f"%autosave requires an integer, got {line!r}") from error
        script = f"IPython.notebook.set_autosave_interval({1000 * seconds})"
        display(Javascript(script), include=["application/javascript"])
        print(f"Autosaving every {seconds} seconds" if seconds else "Autosave disabled")


class ZMQInteractiveShell(InteractiveShell):
    """Has ipykernel's class name, by which rich, tqdm, plotly, pandas and students recognise a notebook."""

    displayhook_class = Type(ResultHook)
    display_pub_class = Type(Publisher)
    compiler_class = Type(Compiler)
    autoindent = CBool(False)
    recorder: Recorder | None = None
    failed_in_display = False  # a __repr__ raised: the cell has failed although its code has not

    def record_in(self, recorder: Recorder) -> None:
        self.recorder = self.displayhook.recorder = self.display_pub.recorder = recorder

    # ---- construction without a home directory ------------------------------------------------------------

    def init_ipython_dir(self, ipython_dir: Any) -> None:
        """Does nothing: the shell reads and writes no user files."""

    def init_profile_dir(self, profile_dir: Any) -> None:
        self.profile_dir = ProfileDir()
        self.db = Store()

    def init_virtualenv(self) -> None:
        """Does nothing, as in ipykernel."""

    def init_environment(self) -> None:
        os.environ.update(ENVIRONMENT)

    def init_hooks(self) -> None:
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(lambda *_, **__: None), 99)  # nbclient drops paged text

    def init_magics(self) -> None:
        super().init_magics()
        self.register_magics(KernelMagics)
        for alias, name in {"cls": "clear", "more": "less", "man": "less", "ed": "edit"}.items():
            self.magics_manager.register_alias(alias, name)

    def init_extension_manager(self) -> None:
        super().init_extension_manager()
        self.extension_manager.load_extension("storemagic")  # every kernel loads it

    # ---- running ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def cache_transform(self, cell: str, code: str, problem: Any) -> Iterator[None]:
        """Caches `code` as the result of `transform_cell(cell)` in the block, unless there was a `problem`."""
        transform = super().transform_cell
        if problem is None:
            self.__dict__["transform_cell"] = lambda raw_cell: code if raw_cell == cell else transform(raw_cell)
        try:
            yield
        finally:
            self.__dict__.pop("transform_cell", None)

    # ---- tracebacks ---------------------------------------------------------------------------------------

    def _get_exc_info(self, exc_tuple: Any = None) -> Any:
        kind, value, traceback = super()._get_exc_info(exc_tuple)
        _end_before_our_frames(traceback)
        return kind, value, traceback

    # ---- what a cell shows --------------------------------------------------------------------------------

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        if self.recorder is None or not self.recorder.takes():
            return
        self.recorder.flush_streams()
        try:
            text = str(evalue)
        except BaseException as error:  # the exception's __str__ raises; the cell has failed anyway
            text = f"<{type(error).__name__} in __str__>"
        if self.displayhook.pending is not None:
            self.failed_in_display = True
        self.recorder.error(str(etype.__name__), text, [str(line) for line in stb])

    def set_next_input(self, text: str, replace: bool = False) -> None:
        """Does nothing: only a page in a browser uses the text."""

    def ask_exit(self) -> None:
        """Does nothing: in a kernel exit() would stop the cells below, but here they must run to be marked."""

    def enable_gui(self, gui: Any = None) -> None:
        """Does nothing: there is no screen, and matplotlib raises before this when a window is chosen."""

    # ---- what IPython keeps a second copy of, for its %notebook magic --------------------------------------

    def _tee(self, channel: str) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()  # it would store all printed text, beyond the recorder's limit

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}  # it would format each traceback again, which takes 10 ms

    # ---- !commands ----------------------------------------------------------------------------------------

    def system_piped(self, cmd: str) -> None:
        if cmd.rstrip().endswith("&"):
            raise OSError("Background processes not supported.")
        expanded = self.var_expand(cmd, depth=1)
        try:
            code = system(expanded)
        except (OSError, ImportError):  # no terminals behind these walls
            code = _system_without_terminal(expanded)
        self.user_ns["_exit_code"] = code
        if getattr(self, "system_raise_on_error", False) and code != 0:
            raise CalledProcessError(code, cmd)

    system = system_piped


ZMQInteractiveShell.__module__ = "ipykernel.zmqshell"  # shown by get_ipython(), and read by pandas


def _end_before_our_frames(traceback: TracebackType | None) -> None:
    """Removes this package's last frames, as of input(), so that the traceback ends in the student's code."""
    last = None
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith(OUR_FILES):
            last = traceback
        traceback = traceback.tb_next
    if last is not None:
        last.tb_next = None


def _system_without_terminal(command: str) -> int:
    """Runs a shell command and prints its output with a terminal's line ends. Returns its exit status."""
    shell = os.environ.get("SHELL", "sh")
    with subprocess.Popen([shell, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None  # a pipe was asked for
        for line in process.stdout:
            print(line.decode("utf-8", "replace").replace("\n", "\r\n"), end="")
    return process.returncode
