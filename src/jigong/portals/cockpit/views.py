"""The leader's pages. Every number is a sum; a GET writes nothing."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jigong.accounts.enums import OrganisationKind, Permission
from jigong.accounts.models import Organisation
from jigong.accounts.scope import entitlement_reach
from jigong.dossiers.law import current_run, law_of_run
from jigong.insight.figures import Figures
from jigong.kernel.text import Language, Text
from jigong.packs.pack import Pack
from jigong.portals.cockpit import budget as money
from jigong.portals.cockpit import delivery, goals
from jigong.portals.cockpit.cells import small
from jigong.portals.cockpit.figures import figures_of
from jigong.portals.kit.access import account_of, staff_with
from jigong.portals.kit.clock import today
from jigong.portals.kit.numbers import whole_number

SEE = Permission.SEE_COCKPIT


class _Page:
    """What every page rests on: the run, its law, its figures, and the reader."""

    def __init__(self, request: HttpRequest) -> None:
        self.run = current_run()
        self.pack: Pack = law_of_run(self.run).pack
        self.figures: Figures | None = figures_of(self.run)
        self.reach = entitlement_reach(account_of(request), SEE)
        self.language: Language = "en" if getattr(request, "language", "zh") == "en" else "zh"

    def clause(self, id_: str) -> Text:
        """A clause's name."""
        files = self.pack.clauses.get(id_)
        return files.clause.value.label if files else Text(id_, id_)

    def context(self, **more: Any) -> dict[str, Any]:
        """What every template gets."""
        return {"run": self.run, "preparing": self.figures is None, **more}


def _towns() -> list[Organisation]:
    return list(Organisation.objects.filter(kind=OrganisationKind.TOWN).order_by("town"))


@require_GET
@staff_with(SEE)
def overview(request: HttpRequest) -> HttpResponse:
    """The district on one page."""
    page = _Page(request)
    outlook = money.outlook(today().year, page.figures)
    dimensions = goals.goals(page.pack, page.figures)
    every = [goal for dimension in dimensions for goal in dimension.goals]
    context = page.context(
        workers=page.run.workers,
        total=_together(delivery.funnels(page.reach), None if page.reach else outlook),
        funds=outlook,
        dimensions=dimensions,
        met=sum(goal.standing == "met" for goal in every),
        indicators=len(every),
        aimed=sum(goal.standing != "none" for goal in every),
        steps=_steps(page)[:5],
        missing=_missing(page)[:5],
        year=today().year,
    )
    return render(request, "cockpit/overview.html", context)


def _together(found: list[delivery.Funnel], books: Sequence[money.FundOutlook] | None) -> dict[str, Decimal]:
    """Yuan at each stage, of the clauses that are shown; for who sees everything, what is approved and paid is that of the books."""
    sums = dict.fromkeys(delivery.STAGES, Decimal(0))
    for funnel in found:
        for stage in funnel.stages:
            sums[stage.name] += stage.yuan or 0
    if books is None:
        return sums
    paid = sum((one.fund.paid for one in books), Decimal(0))
    promised = sum((one.fund.reserved + one.fund.sent for one in books), Decimal(0))
    approved = promised + paid
    # Stages of few people are not shown, yet what is approved was confirmed, and was due.
    confirmed = max(sums["confirmed"], approved)
    return {"due": max(sums["due"], confirmed), "confirmed": confirmed, "approved": approved, "paid": paid}


@require_GET
@staff_with(SEE)
def budget(request: HttpRequest) -> HttpResponse:
    """Each fund's year: budget, reserved, sent, paid, free, by month, and at its end."""
    page = _Page(request)
    years = sorted({today().year, today().year - 1, today().year + 1})
    asked = whole_number(request.GET.get("year"))
    year = asked if asked in years else today().year
    outlook = money.outlook(year, page.figures)
    months = {one.fund.fund: money.by_month(one.fund.fund, year, page.figures, today()) for one in outlook}
    needs = money.clause_needs(page.figures.spending) if page.figures else []
    charts = {
        fund: {
            "labels": [m.month[5:] for m in rows],
            "approved": [float(m.approved) for m in rows],
            "paid": [float(m.paid) for m in rows],
            "expected": [None if m.expected is None else float(m.expected) for m in rows],
        }
        for fund, rows in months.items()
        if any(m.approved or m.paid or m.expected for m in rows)
    }
    context = page.context(
        year=year,
        years=years,
        funds=[(one, months[one.fund.fund]) for one in outlook],
        whole=_whole(outlook),
        hides=any(one.few for one in outlook)
        or any(need.now is None or need.later is None for need in needs)
        or any(m.expected is None for rows in months.values() for m in rows),
        needs=[
            (need, page.clause(need.clause), page.pack.funds[need.fund].value.label)
            for need in needs
            if need.fund in page.pack.funds
        ],
        charts=charts,
    )
    return render(request, "cockpit/budget.html", context)


def _whole(outlook: list[money.FundOutlook]) -> dict[str, Decimal]:
    return {
        name: sum((getattr(one.fund, name) for one in outlook), Decimal(0))
        for name in ("budget", "recovered", "reserved", "sent", "paid", "free")
    }


@require_GET
@staff_with(SEE)
def clauses(request: HttpRequest) -> HttpResponse:
    """From due to paid, by clause; for one town or all; and by month."""
    page, towns = _Page(request), _towns()
    town = next((t for t in towns if t.town == request.GET.get("town", "")), None)
    found = delivery.funnels(page.reach, town.town if town else "")
    labels = {t.town: t.label for t in towns}
    order = {id_: place for place, id_ in enumerate(page.pack.clauses)}
    moved = delivery.months_moved(page.reach)
    rows = [(labels.get(row.town, Text("未知", "not known")), row) for row in delivery.towns_due(page.reach)]
    context = page.context(
        town=town,
        towns=towns,
        funnels=[
            (page.clause(f.clause), f) for f in sorted(found, key=lambda f: order.get(f.clause, len(order)))
        ],
        town_rows=rows,
        months=moved,
        charts={
            "months": {
                "labels": [f"{m.month:%Y-%m}" for m in moved],
                "confirmed": [float(m.confirmed) for m in moved],
                "approved": [float(m.approved) for m in moved],
                "paid": [float(m.paid) for m in moved],
            }
        },
    )
    return render(request, "cockpit/clauses.html", context)


@require_GET
@staff_with(SEE)
def portrait(request: HttpRequest) -> HttpResponse:
    """The indicators with targets and published figures."""
    page = _Page(request)
    context = page.context(
        dimensions=goals.goals(page.pack, page.figures), indicators=len(page.pack.indicators)
    )
    return render(request, "cockpit/portrait.html", context)


@require_GET
@staff_with(SEE)
def indicator(request: HttpRequest, name: str) -> HttpResponse:
    """One indicator by each breakdown of the pack."""
    page = _Page(request)
    goal = next((g for d in goals.goals(page.pack, page.figures) for g in d.goals if g.id == name), None)
    if goal is None:
        raise Http404
    parts, charts = [], {}
    for id_ in page.figures.by if page.figures else ():
        rows = goals.by_group(page.figures, id_, name) if page.figures else ()
        named = [(_group(page.pack, id_, row.group), row) for row in rows]
        if named:
            parts.append((id_, page.pack.breakdowns[id_].value.label, named))
            shown = [(label, row.value) for label, row in named if row.value is not None]
            charts[id_] = {
                "labels": [label.in_(page.language) for label, _ in shown],
                "values": [float(value) for _, value in shown],
                "target": float(goal.target.value) if goal.target else None,
            }
    return render(request, "cockpit/indicator.html", page.context(goal=goal, parts=parts, charts=charts))


def _group(pack: Pack, breakdown: str, group: str) -> Text:
    """What a group is called: as the pack calls the value of the fact by which it is one."""
    words = (pack.words_for(fact, group) for fact in pack.breakdowns[breakdown].value.facts)
    return next((word for word in words if word is not None), Text(group, group))


@require_GET
@staff_with(SEE)
def data(request: HttpRequest) -> HttpResponse:
    """How good the data are, and what their gaps cost."""
    page = _Page(request)
    price = {m.data_class: m for m in (page.figures.missing_classes if page.figures else ())}
    lines = []
    for state in page.figures.classes if page.figures else ():
        contract = page.pack.contracts.get(state.data_class)
        if contract is not None:
            stale = state.stale_after is not None and state.stale_after < page.run.as_of
            lines.append((contract, state, stale, price.get(state.data_class)))
    context = page.context(
        missing=_missing(page),
        lines=lines,
        stale=sum(stale for _, _, stale, _ in lines),
        never=sum(state.rows == 0 for _, state, _, _ in lines),
    )
    return render(request, "cockpit/data.html", context)


def _missing(page: _Page) -> list[dict[str, Any]]:
    """The classes whose gaps leave anything open, the dearest first."""
    found = []
    for missing in page.figures.missing_classes if page.figures else ():
        contract = page.pack.contracts.get(missing.data_class)
        if missing.people and contract is not None:
            few = small(missing.people)
            label = Text(contract.label.zh, contract.label.en)
            found.append(
                {
                    "label": label,
                    "department": contract.department,
                    "people": None if few else missing.people,
                    "yuan": None if few else missing.yuan,
                    "clauses": missing.clauses,
                }
            )
    return found


@require_GET
@staff_with(SEE)
def ways(request: HttpRequest) -> HttpResponse:
    """How many people are one single step from an entitlement, by clause and step."""
    page = _Page(request)
    steps = _steps(page)
    charts = {
        "ways": {
            "labels": [f"{s['clause'].in_(page.language)} · {s['action'].in_(page.language)}" for s in steps if s["people"]][:12],
            "values": [s["people"] for s in steps if s["people"]][:12],
            "target": None,
        }
    }  # fmt: skip
    context = page.context(steps=steps, charts=charts, few=sum(s["people"] is None for s in steps))
    return render(request, "cockpit/ways.html", context)


def _steps(page: _Page) -> list[dict[str, Any]]:
    found = []
    for step in page.figures.steps if page.figures else ():
        action = page.pack.actions.get(step.action)
        few = small(step.people)
        found.append(
            {
                "clause": page.clause(step.clause),
                "action": action.value.label if action else Text(step.action, step.action),
                "people": None if few else step.people,
                "yuan": None if few or not step.yuan else step.yuan,
            }
        )
    return sorted(found, key=lambda step: -(step["people"] or 0))
