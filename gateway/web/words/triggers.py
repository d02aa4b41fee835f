"""What begins a flow, and the order in which a message is looked at."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

TRIGGER_KIND: Mapping[str, str] = {
    "keyword": N_("A word"),
    "link": N_("A link or QR code"),
    "first_contact": N_("The first message"),
    "schedule": N_("A time"),
    "missed_call": N_("A missed call"),
    "event": N_("Something that happened"),
    "broadcast": N_("A broadcast"),
}
HAPPENING: Mapping[str, str] = {
    "missed_call": N_("Somebody rang and hung up"),
    "grievance_closed": N_("A case was closed"),
    "import_done": N_("People were added from a file"),
}
BUSY: Mapping[str, str] = {
    "queue": N_("Wait until it is over, seven days at the most"),
    "refuse": N_("Let it go"),
}
# The steps of the order of precedence: what each is, and what becomes of the message.
STEP: Mapping[str, str] = {
    "provider": N_("The provider has handled it already"),
    "link": N_("A link or QR code"),
    "system_word": N_("A word of the system"),
    "interrupting_word": N_("A word of a flow that may interrupt"),
    "open_question": N_("The open question"),
    "old_button": N_("A button of a conversation that is over"),
    "flow_word": N_("A word of a flow"),
    "too_late": N_("An answer that came too late"),
    "people": N_("People"),
}
STEP_MEANS: Mapping[str, str] = {
    "provider": N_("STOP or START at the phone company: we follow and say nothing."),
    "link": N_("Its flow begins."),
    "system_word": N_("STOP, HELP, PROBLEM and others, in every language. They always win."),
    "interrupting_word": N_("Its flow begins; what was open goes on afterwards."),
    "open_question": N_("Whatever else it might mean, it is the answer."),
    "old_button": N_("We say what people can ask for."),
    "flow_word": N_("Its flow begins."),
    "too_late": N_("It is kept in the list “Came too late”, and counts nowhere."),
    "people": N_("Everything else opens a case or joins one. Nothing is lost."),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "trigger_kind": TRIGGER_KIND,
    "happening": HAPPENING,
    "busy": BUSY,
    "step": STEP,
    "step_means": STEP_MEANS,
}
