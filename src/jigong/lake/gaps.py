"""Gaps: what the refused files of a delivery leave missing, and which of those before are still open."""

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from jigong.lake.claims import Claim
from jigong.lake.coverage import Chain, Covered, chain_of, coverage_of
from jigong.lake.owners import moves_coverage
from jigong.packs.contract import Contract

if TYPE_CHECKING:
    from jigong.lake.incoming import Delivery
    from jigong.lake.snapshot import Snapshot


def gap(
    contract: Contract, claim: Claim, known_on: date, file: str, origin: str, chain: Chain
) -> list[Covered]:
    """That what a file of a class says is missing in the scope of the claim; nothing where nobody misses it.

    It is missing since the last day before up to which any file spoke, unless it says since when it speaks itself.
    Nobody misses months, which are holes; a register that is not the first; or single records.
    """
    if claim.records_only or claim.withdraws or contract.covers.kind == "months":
        return []
    until, since = claim.stated_on or known_on, None
    if contract.covers.kind == "changes":
        earlier = max((day for day in chain.days if day < until), default=None)
        since = earlier + timedelta(1) if earlier is not None else None
        if since is not None and claim.since is not None:
            since = min(claim.since, until)
    elif chain.until is not None:
        return []
    return [Covered(contract.name, "gap", claim.scope, None, since, until, file, origin)]


def gaps_of(snapshot: "Snapshot", delivery: "Delivery", known_on: date, origin: str) -> list[Covered]:
    """The refused files of the owner's that somebody misses: each leaves a gap in every scope that it speaks for."""
    found: list[Covered] = []
    for refused in {file.name: file for file in delivery.refused}.values():
        contract = snapshot.contracts.get(refused.class_name or "")
        if contract is None or not moves_coverage(contract, origin):
            continue
        claim, said = delivery.claims[refused.name], snapshot.covered_of(contract.name)
        whole = {
            row.scope for row in delivery.covered if (row.class_name, row.kind) == (contract.name, "register")
        }
        for scope in (claim.scope,) if claim.scope or not contract.covers.scopes else contract.covers.scopes:
            chain, single = chain_of(said, scope), replace(claim, scope=scope)
            # A file may be missed for its rows already, and a sheet of it be refused as well.
            here = [row for row in delivery.covered if (row.class_name, row.kind) == (contract.name, "gap")]
            noted = {(row.file, row.until) for row in (*chain.gaps, *here) if row.scope in (None, scope)}
            if whole.isdisjoint((None, scope)) and (refused.name, claim.stated_on or known_on) not in noted:
                found += gap(contract, single, known_on, refused.name, origin, chain)
    return found


def still_open(snapshot: "Snapshot", delivery: "Delivery", known_on: date) -> list[Covered]:
    """The gaps of the classes that came which this delivery neither made nor closed."""
    came = {*delivery.arrivals, *(file.class_name for file in delivery.refused)}
    rows = [(day, [row]) for _, day, row in snapshot.covered if row.class_name in came]
    after = coverage_of([*rows, (known_on, delivery.covered)], snapshot.contracts)
    new = {(row.file, row.until, row.scope) for row in delivery.covered if row.kind == "gap"}
    gaps = [gap for name in snapshot.contracts if name in came for gap in after.classes[name].gaps]
    return [gap for gap in gaps if (gap.file, gap.until, gap.scope) not in new]
