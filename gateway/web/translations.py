"""Translators' pages: what waits, the texts of a flow in one language, and one text beside its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectField, TextAreaField

from flows import Flow, zawgyi
from gateway import clock, segments, text_checks
from gateway.services import audit, flow_texts, glossary, translating
from gateway.services import staff as people
from gateway.services.flow_list import FlowHead
from gateway.services.flow_texts import Line, State
from gateway.services.translating import Clash, Refused, Seen
from gateway.services.unfit import Unfit
from gateway.text_checks import Doubt, Term
from gateway.text_files import clean, digest_of
from gateway.web import gate, marked, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.flows import found
from gateway.web.forms import FAULTY, Form
from gateway.web.house_forms import HouseForm, choose
from gateway.web.language import endonym, name
from gateway.web.language import language as page_language
from gateway.web.resources import connection, resources, undo
from gateway.web.words import N_

PAGE = 60  # texts of one page
WAITS = (State.MISSING, State.STALE, State.MACHINE)  # for whoever translates


class TextForm(Form):
    """A translation."""

    target = TextAreaField(N_("Translation"))
    aliases = TextAreaField(N_("Other words for this answer"))


class LanguageForm(HouseForm):
    """One more language for a flow."""

    language = SelectField(N_("Language"))

    def __init__(self, flow: Flow) -> None:
        super().__init__({})
        choose(self.language, {code: name(code) for code in flow_texts.known_languages(flow)})


# --- What waits


@staff.get("/translations")
@needs(Object.TRANSLATION)
def translations() -> Response:
    """Show what waits in all flows, by language."""
    work = translating.waiting(connection(), resources().house.library, gate.me().organisation_id)
    languages = sorted({state.language for it in work for state in it.languages}, key=endonym)
    chosen = _language_of(request.args.get("language"), languages)
    rows = [(it.head, state) for it in work for state in it.languages if chosen in (None, state.language)]
    return page.show(
        "translations.html",
        rows=sorted(rows, key=lambda row: (row[1].done - row[1].total, -row[1].unreviewed)),
        languages=languages,
        chosen=chosen,
    )


ALL = "all"


def _language_of(asked: str | None, languages: Sequence[str]) -> str | None:
    """The language that is asked for; else the reader's own, where there is work in it; None: all of them."""
    if asked is None:
        own = page_language()
        return own if own in languages else None
    if asked != ALL and asked not in languages:
        abort(404)
    return None if asked == ALL else asked


@staff.route("/flows/<uuid:flow_id>/translate", methods=["GET", "POST"])
@needs(Object.TRANSLATION)
def translate(flow_id: UUID) -> AnyResponse:
    """Show how far each language of a flow is, and let it speak one more."""
    head = found(flow_id)
    flow = translating.flow_of(connection(), flow_id)
    if flow is None:
        return page.show("translate.html", flow=head, states=(), form=None, source=None)
    form = LanguageForm(flow)
    if form.is_right() and gate.may(Object.TRANSLATION, Action.CHANGE):
        return _add_language(flow_id, form, flow)
    states = flow_texts.readiness(connection(), flow_id, flow)
    return page.show(
        "translate.html",
        status=form.status,
        flow=head,
        states=tuple(states.values()),
        form=form,
        source=flow.languages[0],
    )


def _add_language(flow_id: UUID, form: LanguageForm, flow: Flow) -> AnyResponse:
    language = str(form.language.data)
    after = translating.add_language(connection(), flow_id, language, by=gate.me().id, now=clock.now())
    told = audit.changed({"languages": list(flow.languages)}, {"languages": list(after)})
    page.note("flow.languages_changed", f"flow {flow_id}", **told)
    return redirect(url_for("staff.translate_language", flow_id=flow_id, language=language), 303)


# --- One language


@staff.get("/flows/<uuid:flow_id>/translate/<language>")
@needs(Object.TRANSLATION)
def translate_language(flow_id: UUID, language: str) -> Response:
    """Show a flow's texts in one language, all or those in one state."""
    head, flow = flow_in(flow_id, language)
    lines = flow_texts.lines(connection(), flow_id, flow, language)
    state = _state_asked()
    number = page.page_number()
    shown = [line for line in lines if state in (None, line.state)]
    part = shown[(number - 1) * PAGE : number * PAGE]
    words = terms_of(language, flow)
    return page.show(
        "translate_language.html",
        flow=head,
        language=language,
        source=flow.languages[0],
        lines=[(line, flow_texts.check(line, flow.languages[0], terms=words)) for line in part],
        counts={each: sum(line.state is each for line in lines) for each in flow_texts.ORDER},
        total=len(lines),
        state=state,
        number=number,
        more=len(shown) > number * PAGE,
        first=translating.next_of(lines, "", wanted=WAITS),
        to_review=translating.next_of(_not_mine(lines), "", wanted=(State.TRANSLATED, State.MACHINE)),
        spans=marked.spans,
        size=segments.size,
    )


def flow_in(flow_id: UUID, language: str) -> tuple[FlowHead, Flow]:
    """Return a flow and its draft, when it speaks the language beside its first; else nothing is there."""
    head = found(flow_id)
    flow = translating.flow_of(connection(), flow_id)
    if flow is None or language not in flow.languages[1:]:
        abort(404)
    return head, flow


def terms_of(language: str, flow: Flow) -> tuple[Term, ...]:
    """Return the glossary of the flow's first language and another one."""
    return glossary.terms(connection(), gate.me().organisation_id, language, source=flow.languages[0])


def _state_asked() -> State | None:
    asked = request.args.get("state")
    if asked is not None and asked not in set(State):
        abort(404)
    return None if asked is None else State(asked)


def _not_mine(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.by != gate.me().id]


# --- One text


@staff.route("/flows/<uuid:flow_id>/translate/<language>/<text_id>", methods=["GET", "POST"])
@needs(Object.TRANSLATION)
def translate_text(flow_id: UUID, language: str, text_id: str) -> AnyResponse:
    """Show one text beside its source; save its translation, or say that one has read it."""
    head, flow = flow_in(flow_id, language)
    line = flow_texts.line(connection(), flow_id, flow, language, text_id)
    if line is None:
        abort(404)
    if request.method == "POST" and gate.may(Object.TRANSLATION, Action.CHANGE):
        return _read(head, flow, line) if "review" in request.form else _save(head, flow, line)
    return _text_page(head, flow, line, line.target)


def _save(head: FlowHead, flow: Flow, line: Line) -> AnyResponse:
    form = TextForm()
    words = str(form.target.data or "")
    try:
        done = translating.save(
            connection(),
            head.id,
            line.language,
            line.slot.id,
            words,
            seen=_seen(),
            by=gate.me().id,
            now=clock.now(),
            terms=terms_of(line.language, flow),
            aliases=(form.aliases.data or "").splitlines() if "aliases" in request.form else None,
        )
    except Refused as error:
        undo()
        return _text_page(head, flow, line, _readable(error, words), refused=error.doubts)
    except Unfit as error:
        undo()
        return _text_page(head, flow, line, words, fault=error.code)
    if isinstance(done, Clash):
        undo()
        return _text_page(head, flow, done.line, words, clash=done)
    before, after = {"words": line.target}, {"words": done.target}
    if "aliases" in request.form:
        before["aliases"], after["aliases"] = "\n".join(_aliases(line) or ()), str(form.aliases.data or "")
    page.note(
        "translation.changed",
        f"flow {head.id}",
        text=line.slot.id,
        language=line.language,
        **audit.changed(before, after),
    )
    return _onward(head.id, flow, line, wanted=WAITS)


def _aliases(line: Line) -> Sequence[str] | None:
    """An answer's other words in the language; None where the text is no answer's."""
    option = translating.option_of(line)
    return None if option is None else option.aliases.get(line.language, ())


def _readable(error: Refused, words: str) -> str:
    """What stands in the field again: Burmese of the old encoding as Unicode, to be looked at and saved."""
    return zawgyi.convert(words) if any(doubt.code == "zawgyi" for doubt in error.doubts) else words


def _read(head: FlowHead, flow: Flow, line: Line) -> AnyResponse:
    try:
        done = translating.review(
            connection(),
            head.id,
            line.language,
            line.slot.id,
            seen=_seen(),
            native="native" in request.form,
            by=gate.me().id,
            now=clock.now(),
        )
    except Unfit as error:
        undo()
        return _text_page(head, flow, line, line.target, fault=error.code)
    if isinstance(done, Clash):
        undo()
        return _text_page(head, flow, done.line, done.line.target, clash=done)
    page.note(
        "translation.reviewed",
        f"flow {head.id}",
        text=line.slot.id,
        language=line.language,
        native="native" in request.form,
    )
    return _onward(head.id, flow, line, wanted=(State.TRANSLATED, State.MACHINE), mine=False)


def _seen() -> Seen:
    return Seen(request.form.get("source", "")[:64], request.form.get("seen", "")[:64])


def _onward(
    flow_id: UUID, flow: Flow, line: Line, *, wanted: Sequence[State], mine: bool = True
) -> AnyResponse:
    """Lead to the next text that waits, where that is wanted; else show this one as it is now."""
    here: dict[str, Any] = {"flow_id": flow_id, "language": line.language}
    if "next" not in request.form:
        return redirect(url_for("staff.translate_text", **here, text_id=line.slot.id, saved=1), 303)
    lines = flow_texts.lines(
        connection(), flow_id, translating.flow_of(connection(), flow_id) or flow, line.language
    )
    following = translating.next_of(lines if mine else _not_mine(lines), line.slot.id, wanted=wanted)
    if following is None:
        return redirect(url_for("staff.translate_language", **here), 303)
    return redirect(url_for("staff.translate_text", **here, text_id=following.id), 303)


def _text_page(
    head: FlowHead,
    flow: Flow,
    line: Line,
    words: str,
    *,
    refused: Sequence[Doubt] = (),
    fault: str | None = None,
    clash: Clash | None = None,
) -> Response:
    lines = flow_texts.lines(connection(), head.id, flow, line.language)
    place = next((at for at, it in enumerate(lines) if it.slot.id == line.slot.id), 0)
    terms = terms_of(line.language, flow)
    who = people.names(connection(), resources().ring, [it for it in (line.by, line.reviewed_by) if it])
    return page.show(
        "translate_text.html",
        status=FAULTY if refused or fault or clash else 200,
        flow=head,
        line=line,
        language=line.language,
        source=flow.languages[0],
        words=words,
        place=place,
        total=len(lines),
        around=(lines[place - 1] if place else None, lines[place + 1] if place + 1 < len(lines) else None),
        siblings=_siblings(lines, line),
        aliases=request.form["aliases"].splitlines() if "aliases" in request.form else _aliases(line),
        terms=text_checks.terms_in(line.source, terms),
        refused=refused,
        fault=fault,
        clash=clash,
        who=who,
        may_review=line.by != gate.me().id and line.state in (State.TRANSLATED, State.MACHINE),
        digest=digest_of,
        changes=marked.changes,
        **findings(flow, line, words, terms),
    )


def _siblings(lines: Sequence[Line], line: Line) -> list[Line]:
    """The other texts of the same step: what stands beside it on the phone."""
    own = line.slot
    return [it for it in lines if own.step is not None and it.slot.step == own.step and it.slot.id != own.id]


def findings(flow: Flow, line: Line, words: str, terms: Sequence[Term]) -> dict[str, Any]:
    """Return what the page says of words: what may be wrong, what is hidden in them, and how many SMS they take."""
    target = clean(words)
    return {
        "doubts": flow_texts.check(replace(line, target=target), flow.languages[0], terms=terms),
        "measure": segments.count(target),
        "spans": marked.spans,
        "target": target,
    }


@staff.post("/flows/<uuid:flow_id>/translate/<language>/<text_id>/look")
@needs(Object.TRANSLATION)
def look_at_text(flow_id: UUID, language: str, text_id: str) -> Response:
    """Say of words that are being typed what the page says when they are saved; nothing is written."""
    _, flow = flow_in(flow_id, language)
    line = flow_texts.line(connection(), flow_id, flow, language, text_id)
    if line is None:
        abort(404)
    words = request.form.get("target", "")[: text_checks.LONGEST + 1]
    terms = terms_of(language, flow)
    return page.show("translate_findings.html", language=language, **findings(flow, line, words, terms))
