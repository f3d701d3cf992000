"""“This is wrong”: on any fact, to the department it comes from; and what became of it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from jigong.kernel.problems import JigongError
from jigong.kernel.text import Text
from jigong.portals.kit import clock
from jigong.portals.kit.access import account_of, worker_only
from jigong.portals.kit.look import language_of
from jigong.portals.worker.situation import Situation, situation_of
from jigong.services.cases.actions import report_wrong
from jigong.services.cases.queries import cases_of, who_answered


@worker_only
@require_http_methods(["GET", "POST"])
def wrong(request: HttpRequest, fact: str) -> HttpResponse:
    """Say that a fact is wrong."""
    account, language = account_of(request), language_of(request)
    situation = situation_of(account)
    subject, value = _about(situation, fact, request.GET.get("of", "") or request.POST.get("of", ""))
    contracts = situation.book.sources(fact)
    context = {
        "fact": situation.book.label(fact),
        "shown": situation.book.shown(fact, value, language),
        "contracts": contracts,
        "reference": request.GET.get("of", ""),
        "days": situation.law.pack.days_for("correction"),
    }
    if request.method != "POST":
        return render(request, "worker/wrong.html", context)
    given = {name: request.POST.get(name, "") for name in ("text", "claimed", "data_class")}
    try:
        report_wrong(
            person=situation.person, fact=fact, subject=subject, text=given["text"],
            claimed=given["claimed"][:200], data_class=given["data_class"], by=account, at=clock.now(),
        )  # fmt: skip
    except JigongError as bad:
        context |= {"problem": bad, "given": given, "reference": request.POST.get("of", "")}
        return render(request, "worker/wrong.html", context, status=422)
    said = Text("已转给数据的主管部门，结果会告诉您", "sent to the department; you will be told the answer")
    messages.success(request, said.in_(language))
    return redirect("worker:cases")


def _about(situation: Situation, fact: str, reference: str) -> tuple[str | None, object]:
    """The key of the subject the fact is about (None: the worker) and its value now."""
    pack = situation.law.pack
    if fact not in pack.facts:
        raise Http404
    kind = pack.fact_topics[fact].header.value.subject
    if not reference:
        return None, situation.held.facts.get(fact)
    subject = situation.subject(kind, reference)
    if subject is None:
        raise Http404
    return subject, situation.row(kind, subject).get(fact)


@worker_only
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """Everything the worker has said to be wrong, and the answers."""
    situation = situation_of(account_of(request))
    pack = situation.law.pack
    shown = []
    for case in cases_of(situation.person):
        label = pack.clauses[case.clause].clause.value.label if case.clause in pack.clauses else None
        office = pack.offices[case.office].value.label if case.office in pack.offices else None
        shown.append(
            {
                "case": case,
                "about": situation.book.label(case.fact) if case.fact else label,
                "office": office,
                "answered": who_answered(case, office or Text("", "")),
                "text": case.open_text(),
                "claimed": case.open_claimed(),
            }
        )
    return render(request, "worker/cases.html", {"cases": shown})
