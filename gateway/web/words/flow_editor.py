"""The editor of flows and the rehearsal: kinds of steps, answers, actions, comparisons, events."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

STEP_KIND: Mapping[str, str] = {
    "say": N_("Message"),
    "ask": N_("Question"),
    "do": N_("Action"),
    "branch": N_("Fork"),
    "split": N_("Fork by chance"),
    "finish": N_("End"),
    "calculate": N_("Calculation"),
    "meta": N_("Fact about the talk"),
    "group": N_("Group"),
    "repeat": N_("Repeat"),
    "": N_("Something unknown"),
}
ANSWER_TYPE: Mapping[str, str] = {
    "select_one": N_("One of a list"),
    "select_multiple": N_("Several of a list"),
    "rank": N_("A list put in order"),
    "integer": N_("A whole number"),
    "decimal": N_("A number"),
    "range": N_("A number on a scale"),
    "text": N_("Free words"),
    "date": N_("A day"),
    "time": N_("A time of day"),
    "datetime": N_("A day and a time"),
    "place": N_("A place"),
    "location": N_("A shared location"),
    "image": N_("A picture"),
    "audio": N_("A voice note"),
    "video": N_("A film"),
    "file": N_("A file"),
    "acknowledge": N_("“I have read this”"),
}
ON_FAILURE: Mapping[str, str] = {
    "next": N_("Go on without an answer"),
    "human": N_("End, and open a case for staff"),
}
FINISH: Mapping[str, str] = {
    "completed": N_("Completed"),
    "refused": N_("Refused"),
    "ineligible": N_("Not among those who are asked"),
    "broken_off": N_("Broken off"),
}
FACT: Mapping[str, str] = {
    "today": N_("The day"),
    "start": N_("When the talk began"),
    "end": N_("When the talk ended"),
    "language": N_("The language"),
    "channel": N_("The kind of channel"),
}
FLOW_ACTION: Mapping[str, str] = {
    "language": N_("Change the language"),
    "field": N_("Keep a fact about the person"),
    "join": N_("Put the person into a group"),
    "leave": N_("Take the person out of a group"),
    "consent": N_("Write down that the person agrees"),
    "refuse": N_("Write down that the person refuses"),
    "grievance": N_("Open a case in the person's words"),
    "opt_out": N_("No more messages to this person"),
    "human": N_("Hand over to a colleague"),
    "start": N_("Begin another flow when this one ends"),
    "call": N_("Go through another flow and come back"),
    "ask_service": N_("Ask a service"),
    "wait": N_("Wait"),
}
COMPARE: Mapping[str, str] = {
    "=": N_("is"),
    "!=": N_("is not"),
    ">": N_("is more than"),
    ">=": N_("is at least"),
    "<": N_("is less than"),
    "<=": N_("is at most"),
    "selected": N_("has among its answers"),
    "not selected": N_("does not have among its answers"),
    "answered": N_("was answered"),
    "not answered": N_("was not answered"),
}
FLOW_EDIT: Mapping[str, str] = {
    "Add": N_("put in a step"),
    "Remove": N_("took out a step"),
    "Move": N_("moved a step"),
    "Rename": N_("gave a step another name"),
    "Set": N_("changed a value"),
    "SetText": N_("changed a text"),
    "AddRow": N_("put in a line"),
    "RemoveRow": N_("took out a line"),
    "MoveRow": N_("moved a line"),
    "several": N_("changed several things"),
    "import": N_("put in a whole text"),
    "undo": N_("took a change back"),
    "redo": N_("brought a change back"),
}
CANNOT_EDIT: Mapping[str, str] = {
    "yaml": N_("The text of this flow cannot be read. Mend it under “Text of the flow”."),
    "shape": N_("This cannot stand here."),
    "no_step": N_("The step is gone: somebody took it out."),
    "no_row": N_("The line is gone: somebody took it out."),
    "taken": N_("There is a step of this name already."),
    "name": N_("A name has Latin letters, digits and _, and begins with a letter. “end” is taken."),
    "value": N_("This cannot be kept: it is too long, or has characters that cannot be written."),
    "into_itself": N_("A group cannot stand in itself."),
    "too_large": N_("The flow has grown too large."),
}
TABLES: Mapping[str, Mapping[str, str]] = {
    "step_kind": STEP_KIND,
    "answer_type": ANSWER_TYPE,
    "on_failure": ON_FAILURE,
    "finish": FINISH,
    "fact": FACT,
    "flow_action": FLOW_ACTION,
    "compare": COMPARE,
    "flow_edit": FLOW_EDIT,
    "cannot_edit": CANNOT_EDIT,
}
