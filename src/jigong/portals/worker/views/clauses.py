"""All clauses, and everything about one."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from jigong.accounts.queries import bank_account_of
from jigong.delivery.former import pack_of
from jigong.delivery.lottery.queries import Entry, entries_of
from jigong.delivery.payments.waiting import paid_from
from jigong.kernel.problems import JigongError
from jigong.kernel.text import Language
from jigong.portals.kit import clock
from jigong.portals.kit.access import account_of, worker_only
from jigong.portals.kit.look import language_of
from jigong.portals.worker.adjusting import adjustments_of
from jigong.portals.worker.clause_page import ended_sections, sections_of
from jigong.portals.worker.reads import is_adjusted
from jigong.portals.worker.situation import Situation, situation_of
from jigong.portals.worker.standing import Stage, cards_of, matters_of
from jigong.portals.worker.telling import why_line


@worker_only
@require_GET
def clauses(request: HttpRequest) -> HttpResponse:
    """Every clause in force under its field of policy, with where it stands."""
    situation, language = situation_of(account_of(request)), language_of(request)
    cards = cards_of(situation)
    fields = [
        (label, [(cards[c.id], why_line(cards[c.id], situation.book, language)) for c in of_field])
        for label, of_field in situation.book.by_field
        if of_field
    ]
    counts = {
        "act": sum(card.stage in (Stage.ACT, Stage.ASK) for card in cards.values()),
        "going": sum(card.stage in (Stage.HELD, Stage.GOING, Stage.APPEALED) for card in cards.values()),
        "paid": sum(card.stage is Stage.PAID for card in cards.values()),
        "way": sum(card.stage is Stage.WAY for card in cards.values()),
    }
    context = {"fields": fields, "counts": counts, "all": len(cards), "situation": situation}
    return render(request, "worker/clauses.html", context)


@worker_only
@require_GET
def clause(request: HttpRequest, clause: str) -> HttpResponse:
    """One clause: conditions, values, where they came from, the sum, the way, and what can be done."""
    return clause_page(request, situation_of(account_of(request)), clause)


def _draws(situation: Situation, clause: str, language: Language) -> list[tuple[Entry, str]]:
    """The draws of a clause the worker takes part in, each with what their being decided waits for, if anything."""
    found = []
    for entry in entries_of(situation.person):
        if entry.draw.clause == clause:
            why = ""
            if entry.conditional and entry.state in ("waiting", "waits"):
                explained = [
                    e for e in situation.explained if (e.clause.id, e.subject) == (clause, entry.subject)
                ]
                why = next(
                    (
                        why_line(m, situation.book, language)
                        for m in matters_of(situation, explained)
                        if m.stage in (Stage.ASK, Stage.UNDECIDED)
                    ),
                    "",
                )
            found.append((entry, why))
    return found


def clause_page(
    request: HttpRequest,
    situation: Situation,
    clause: str,
    problem: JigongError | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a clause, with what went wrong with a form of it."""
    ended = clause not in situation.law.pack.clauses
    if ended and not any(found.clause == clause for found in situation.entitlements):
        raise Http404
    pack = pack_of(clause, situation.law.pack) or situation.law.pack
    entry = pack.clauses[clause].clause.value
    if ended:
        sections = ended_sections(situation, entry, language_of(request))
    else:
        sections = sections_of(situation, clause, language_of(request))
    context = {
        "clause": entry,
        "ended": ended,
        "field": next((f.label for f in pack.manifest.fields if f.id == entry.field), None),
        "office": pack.offices[entry.delivery.office].value.label if entry.delivery.office else None,
        "fund": pack.funds[entry.fund].value.label if entry.fund else None,
        "source": pack.manifest.sources[entry.basis.source].label,
        "readings": pack.readings_of(entry),
        "sections": sections,
        "first": sections[0] if sections else None,
        "situation": situation,
        "draws": _draws(situation, clause, language_of(request)) if entry.delivery.mode == "lottery" else [],
        "bank_account": situation.reader.bank_account,
        "until": paid_from(bank_account_of(situation.person), clock.now())
        if any(section.law for section in sections)
        else None,
        "adjustments": adjustments_of(
            [e for e in situation.entitlements if e.clause == clause and is_adjusted(e)],
            situation.book,
            language_of(request),
        ),
        "problem": problem,
    }
    return render(request, "worker/clause.html", context, status=status)
