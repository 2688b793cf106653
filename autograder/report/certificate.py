"""Prints what `certify` found out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:  # it imports torch, which is slow
    from autograder.judging.certify import Certificate


def certificate_table(certificate: Certificate, out: Console) -> None:
    """Prints, for each bank, each check's two separation ratios, then the bank's problems."""
    for bank in certificate.banks:
        counts = f"{len(bank.variants)} variants, {len(bank.misconceptions)} misconceptions, {bank.probes} probes"
        counts += f", {bank.sets} sets of inputs, {bank.mutants} mutants"
        out.print(f"\n[bold]{bank.name}[/bold]  {counts}")
        table = Table(header_style="bold", pad_edge=False, box=None)
        table.add_column("check")
        for column in ("tolerance", "tolerance / worst variant", "smallest mistake / tolerance", "rejects"):
            table.add_column(column, justify="right")
        for check in bank.checks:
            narrow = " *" if check.narrow else ""
            table.add_row(
                escape(check.name),
                f"{check.tolerance:.1e}",
                _ratio(check.variant_ratio) + narrow,
                _ratio(check.misconception_ratio) + narrow,
                str(len(check.rejects)),
            )
        out.print(table)
        for reason in dict.fromkeys(check.narrow for check in bank.checks if check.narrow):
            names = ", ".join(check.name for check in bank.checks if check.narrow == reason)
            out.print(f"  * {escape(names)}: {escape(reason)}")
        for mutant in bank.survivors:
            out.print(f"  [yellow]survives[/yellow] line {mutant.number}: {escape(mutant.line)}")
            out.print(f"      {escape(mutant.change)}")
        if bank.survivors:
            out.print('  Is one the same function? Then say why in the lock, under "because". If not, add a case.')
        for line in bank.unstable:
            out.print(f"  [yellow]unstable[/yellow] {escape(line)}")
        for problem in bank.problems:
            out.print(f"  [red]problem[/red] {escape(problem)}")
    verdict = "[green]certified[/green]" if certificate.ok else "[red]not certified[/red]"
    variants = sum(len(b.variants) for b in certificate.banks)
    wrong = sum(len(b.misconceptions) for b in certificate.banks)
    out.print(f"\n{verdict}: {variants} variants pass, {wrong} misconceptions fail and are named"
              if certificate.ok else f"\n{verdict}")  # fmt: skip


def _ratio(value: float) -> str:
    return "exact" if math.isinf(value) else f"{value:.3g}"
