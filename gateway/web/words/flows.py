"""Flows, their check, their revisions and overrides in words."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

FLOW_STATE: Mapping[str, str] = {
    "draft": N_("Draft"),
    "live": N_("Published"),
    "archived": N_("Archived"),
}
FLOW_KIND: Mapping[str, str] = {
    "survey": N_("Survey"),
    "menu": N_("Menu"),
    "message": N_("Message"),
}
TRIGGER: Mapping[str, str] = {
    "keyword": N_("A word"),
    "first_contact": N_("The first message of a person"),
    "link": N_("A link"),
    "broadcast": N_("A broadcast"),
    "schedule": N_("A time"),
    "missed_call": N_("A missed call"),
    "event": N_("Something that happened"),
}
# What the check says, in short; the sentence beside it says where and why.
FINDING: Mapping[str, str] = {
    "forbidden_topic": N_("This is never asked by message"),
    "harmful_question": N_("This question could harm"),
    "doubtful_question": N_("Does this question ask about the person?"),
    "link": N_("A link"),
    "number": N_("A number or an id"),
    "personal_fact": N_("Something personal in a text"),
    "echo": N_("It repeats what the person wrote"),
    "free_claim": N_("It says that a reply is free"),
    "agency_named": N_("It names an organisation"),
    "no_consent": N_("It does not ask first whether it may"),
    "no_opt_in": N_("Only for those who agreed to such questions"),
    "no_purpose": N_("No purpose"),
    "no_owner": N_("Nobody answers for it"),
    "no_retention": N_("Not said how long answers are kept"),
    "no_audience": N_("Not said who is asked"),
    "no_decision": N_("Not said which decision it serves"),
    "no_analysis": N_("No plan for the answers"),
    "unused_answer": N_("Nobody uses this answer"),
    "too_many_questions": N_("Many questions"),
    "missing_translation": N_("A text is missing"),
    "long_sms": N_("Longer than one SMS"),
    "test_failed": N_("A test of the flow fails"),
    "unknown_flow": N_("A flow that it calls is not published"),
    "unreachable": N_("No way leads there"),
    "endless_loop": N_("It goes round without a question"),
    "unknown_target": N_("It leads to a step that is not there"),
    "unknown_name": N_("It uses a name that nobody knows"),
    "duplicate_step": N_("Two steps have one name"),
    "bad_expression": N_("A condition that cannot be read"),
    "bad_placeholder": N_("A bracket that stands alone"),
    "placeholders_differ": N_("A translation leaves a placeholder out"),
    "too_many_options": N_("Many options"),
}
WAY: Mapping[str, str] = {
    "added": N_("Added"),
    "removed": N_("Removed"),
    "moved": N_("Moved"),
    "changed": N_("Changed"),
}
# What differs in a step or a flow; what is not here is shown by its own name.
FLOW_PART: Mapping[str, str] = {
    "text": N_("Text"),
    "short": N_("Short text"),
    "label": N_("Answer"),
    "options": N_("Answers"),
    "order": N_("Order"),
    "when": N_("Only when"),
    "goto": N_("Goes on to"),
    "type": N_("Kind of answer"),
    "hint": N_("Hint"),
    "guidance": N_("Guidance"),
    "constraint": N_("Allowed only when"),
    "constraint_message": N_("Said when it is not allowed"),
    "required": N_("Must be answered"),
    "retries": N_("How often it is asked again"),
    "indicator": N_("Indicator"),
    "variants": N_("Other wordings"),
    "routes": N_("Ways on"),
    "otherwise": N_("Else goes on to"),
    "inside": N_("Inside"),
    "kind": N_("Kind of step"),
    "title": N_("Title"),
    "purpose": N_("Purpose"),
    "owner": N_("Who answers for it"),
    "retention": N_("How long answers are kept"),
    "audience": N_("Who is asked"),
    "decision": N_("Which decision it serves"),
    "analysis": N_("Plan for the answers"),
    "languages": N_("Languages"),
    "lists": N_("Lists of answers"),
    "triggers": N_("What begins it"),
    "tests": N_("Tests"),
    "sensitivity": N_("Sensitivity"),
    "reminders": N_("Reminders"),
    "reminder_text": N_("Text of the reminder"),
    "expires": N_("How long it waits, in seconds"),
    "discreet": N_("Names no organisation"),
    "outbound": N_("We write first"),
    "subflows": N_("Flows that it calls"),
    "engine_texts": N_("Words of the gateway itself"),
    "quotas": N_("Quotas"),
    "window": N_("Hours in which people are addressed"),
}
OVERRIDE: Mapping[str, str] = {
    "waiting": N_("Waits for an answer"),
    "agreed": N_("Both agreed"),
    "refused": N_("Refused"),
    "expired": N_("Too old"),
    "used": N_("Used"),
}
PUBLISH_FAULT: Mapping[str, str] = {
    "empty": N_("Please fill this in."),
    "too_long": N_("This is too long."),
    "too_short": N_("Please give a reason that others will understand: one sentence at least."),
    "taken": N_("This is already waiting for an answer, or was agreed to."),
    "unknown": N_("Choose one of those that there are."),
    "other_code": N_("The draft has another code than the flow. The code of a flow never changes."),
    "archived": N_("The flow is archived. Bring it back first."),
    "nothing_new": N_("Nothing is new: this is what people meet already."),
    "always": N_("The gateway itself needs this flow. It cannot be archived."),
    "used": N_("Another flow leads to this one. Change that flow first."),
    "not_you": N_("Your role does not decide this."),
    "own_flow": N_("You wrote this flow, or asked for it. Somebody else must decide."),
    "over": N_("This was decided, or is too old."),
    "spoken": N_("Your role has answered already."),
    "refused": N_("Something below stands in the way. Look at what is marked."),
    "words_taken": N_("Another flow, or the gateway itself, listens to one of its words."),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "flow_state": FLOW_STATE,
    "flow_kind": FLOW_KIND,
    "flow_trigger": TRIGGER,
    "finding": FINDING,
    "way": WAY,
    "flow_part": FLOW_PART,
    "override": OVERRIDE,
    "publish_fault": PUBLISH_FAULT,
}
