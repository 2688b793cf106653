"""`autograder doctor`: tests each layer of the sandbox, and lists devices, packages and the course's folders."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from autograder.course import Course, find_course, secret, state
from autograder.course.requirements import FILE, read_requirements
from autograder.errors import AutograderError, UsageError, WallsError
from autograder.gradebook.address import database
from autograder.grading.exposure import exposure
from autograder.sandbox.walls.denials import Denial, attempt_all
from autograder.sandbox.walls.survey import Offer, Survey, choose, missing_layers, survey

PACKAGES = ("torch", "nbgrader", "ipython", "jupyterlab", "numpy", "matplotlib", "otter-grader")  # and the course's own


@dataclass(frozen=True)
class Fact:
    name: str
    good: bool | None  # None: neither good nor bad
    detail: str


@dataclass(frozen=True)
class Examination:
    """The findings. `sound` says whether the sandbox denies all that its tier must deny."""

    tier: int | None
    layers: tuple[str, ...]
    offers: tuple[Offer, ...]
    higher: tuple[str, ...]  # why the tier is not higher, and how to get it; empty on the highest
    denials: tuple[Denial, ...]
    facts: tuple[Fact, ...]
    sound: bool


def examine(folder: Path) -> Examination:
    found = survey()
    denials: list[Denial] = []
    if found.best is not None:
        try:
            denials = attempt_all(found.best)
        except WallsError as error:
            denials = [Denial("attempt anything", False, str(error))]
    sound = found.best is not None and all(d.held or d.excuse for d in denials)
    tier = None if found.best is None else found.best.tier
    layers = () if found.best is None else found.best.layers
    facts = (*_devices(), *_packages(folder), *_course(folder))
    return Examination(tier, layers, found.offers, _advice(found), tuple(denials), facts, sound)


def _advice(found: Survey) -> tuple[str, ...]:
    tier, lacking = missing_layers(found)
    lines = [f"{offer.layer}: {offer.detail}. To get it: {offer.advice}" for offer in lacking]
    if tier and not lines:  # each layer works alone, but not all together
        try:
            choose(tier)
        except WallsError as error:
            lines = str(error).splitlines()[1:-1]
    return tuple(line.strip() for line in lines)


def _devices() -> list[Fact]:
    import torch

    cores = Fact("cores", None, f"{len(os.sched_getaffinity(0))} for this process")
    if not torch.cuda.is_available():
        return [cores, Fact("GPU", None, "none that torch can use; checks run on the CPU")]
    names = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    return [cores, Fact("GPU", True, ", ".join(names))]


def _packages(folder: Path) -> list[Fact]:
    facts = []
    try:
        own = [requirement.name for requirement in read_requirements(find_course(folder).root)]
    except UsageError as error:  # _course reports a missing course
        own = []
        if FILE in str(error):
            facts.append(Fact("packages", False, str(error)))
    for name in dict.fromkeys([*PACKAGES, *own]):
        try:
            facts.append(Fact(name, True, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            facts.append(Fact(name, None, "not installed"))
    return facts


def _course(folder: Path) -> list[Fact]:
    try:
        course = find_course(folder)
    except UsageError as error:
        return [Fact("course", False, str(error))]
    exchange = course.exchange
    writable = os.access(exchange, os.W_OK)
    return [
        Fact("course", True, str(course.root)),
        _exposure(course),
        _secret(course),
        Fact("gradebook", None, str(database(course))),
        Fact(
            "exchange", True if writable else None, f"{exchange}" if writable else f"{exchange} is not there to write"
        ),
        Fact("free disk", None, f"{shutil.disk_usage(course.root).free >> 30} GiB"),
    ]


def _exposure(course: Course) -> Fact:
    text = exposure(course)
    return Fact("hidden from students", not text, text or "nothing of the course lies where submissions can read")


def _secret(course: Course) -> Fact:
    if not state.secret(course.root).exists():
        return Fact("secret", None, "not made yet: the first run of grade does that")
    try:
        return Fact("secret", True, f"{secret.fingerprint(course.secret())}, readable by its owner alone")
    except AutograderError as error:
        return Fact("secret", False, str(error))


def show(found: Examination, out: Console) -> None:
    out.print("[bold]Layers of the walls, each attempted[/bold]")
    for offer in found.offers:
        good = True if offer.available else False if offer.advice else None  # without advice: not needed here
        out.print(f"  {_mark(good)} {offer.layer:<11} {escape(offer.detail)}")
        if offer.advice and not any(line.startswith(f"{offer.layer}: ") for line in found.higher):
            out.print(f"      {escape(offer.advice)}")
    if found.tier is None:
        out.print("[red]No walls can be raised here[/red]: grade refuses, but for --tier 0, which has limits alone.")
    if found.higher:
        out.print(f"\n[bold]Why not tier {1 if found.tier is None else 2}[/bold], which stops more (docs/security.md)")
        for line in found.higher:
            out.print(f"  {escape(line)}")
    if found.tier is not None:
        out.print(
            f"\n[bold]Sandbox tier {found.tier}[/bold]: what a submission tried here, behind {', '.join(found.layers)}"
        )
    for denial in found.denials:
        mark = _mark(denial.held) if denial.held or not denial.excuse else "[yellow]·[/yellow]"
        out.print(f"  {mark} {escape(denial.name)}: {escape(denial.detail)}")
        if denial.excuse and not denial.held:
            out.print(f"      not promised here: {escape(denial.excuse)}")
    out.print("\n[bold]Around it[/bold]")
    for fact in found.facts:
        out.print(f"  {_mark(fact.good)} {fact.name}: {escape(fact.detail)}")


def _mark(good: bool | None) -> str:
    return "[dim]·[/dim]" if good is None else "[green]✓[/green]" if good else "[red]✗[/red]"
