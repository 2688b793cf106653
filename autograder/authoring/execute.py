"""Runs the solved notebook in a kernel and keeps its outputs, which are reproducible on one machine."""

from __future__ import annotations

import copy
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from traitlets.config import Config

from autograder.authoring.notebooks import METADATA
from autograder.authoring.percent import AuthoredAssignment
from autograder.errors import AutograderError, SourceError

CELL_SECONDS = 600  # per cell: a solved notebook runs whole in two minutes, a busy machine takes several times that

# The default repr of an object contains its memory address, which differs in every run.
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


def execute(notebook: Any, authored: AuthoredAssignment, files: Mapping[str, bytes]) -> Any:
    """Runs a copy of `notebook` and returns it with its outputs. `files` (path -> content) are in its folder.

    SourceError, at the authored cell, if a cell raises, takes longer than CELL_SECONDS or kills the kernel.
    AutograderError if no kernel starts.
    """
    executed = copy.deepcopy(notebook)
    started: list[int] = []
    root = Path(tempfile.mkdtemp(prefix="autograder-compile-"))
    try:
        for path, content in files.items():
            (root / "notebook" / path).parent.mkdir(parents=True, exist_ok=True)
            (root / "notebook" / path).write_bytes(content)
        _client(executed, root, started).execute(env=_environment())
    except NoSuchKernel as error:
        raise AutograderError(f"no kernel to run {authored.path} in: install ipykernel ({error})") from None
    except (CellExecutionError, CellTimeoutError, RuntimeError) as error:  # RuntimeError: the kernel died
        if not started:
            raise AutograderError(f"the kernel to run {authored.path} in does not start: {error}") from error
        raise _source_error(authored, started[-1], error) from None
    finally:
        shutil.rmtree(root, ignore_errors=True)
    executed.metadata.update(copy.deepcopy(METADATA))  # the kernel wrote its Python version there
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            _drop_addresses(output)
    return executed


def is_executed(notebook: Any) -> bool:
    """Whether every code cell that is not empty has been run."""
    return all(
        cell.execution_count is not None for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()
    )


def _client(notebook: Any, root: Path, started: list[int]) -> NotebookClient:
    """A client whose kernel runs in root/notebook; it appends the index of each cell it starts to `started`."""
    (root / "notebook").mkdir(exist_ok=True)
    config = Config()
    if sys.platform == "linux":  # ipc opens no port to other users; elsewhere its paths are too long
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(root / "kernel")
    return NotebookClient(
        notebook,
        config=config,
        timeout=CELL_SECONDS,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(root / "notebook")}},
        on_cell_start=lambda cell, cell_index: started.append(cell_index),
    )


def _environment() -> dict[str, str]:
    """The kernel's environment: inline plots, and a fixed hash seed so that sets of strings keep their order."""
    return {**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline", "PYTHONHASHSEED": "0"}


def _source_error(authored: AuthoredAssignment, index: int, error: Exception) -> SourceError:
    kept = [cell for cell in authored.cells if cell.role != "author"]
    match error:
        case CellExecutionError():
            what = f"{error.ename}: {error.evalue}" if error.evalue else error.ename
        case CellTimeoutError():
            what = f"it ran for more than {CELL_SECONDS} seconds"
        case _:
            what = "the kernel died"
    return SourceError(authored.path, kept[index].line, f"this cell fails in the solved notebook: {what}")


def _drop_addresses(output: Any) -> None:
    if output.output_type == "stream":
        output.text = _ADDRESS.sub("at 0x...", output.text)
    elif "text/plain" in output.get("data", {}):
        output.data["text/plain"] = _ADDRESS.sub("at 0x...", output.data["text/plain"])
