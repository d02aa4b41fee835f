"""The audit, for those who answer for it."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.help_texts.shape import Help
from gateway.web.words.marking import N_

HELP: Mapping[str, Help] = {
    "staff.audit_lines": Help(
        N_("Audit"),
        N_("Here is written down who saw and did what, line by line. No line can be changed."),
        (
            N_("To learn who saw a person, type the number or the id and press Find."),
            N_("Narrow the list by what was done, by whom, and by days."),
        ),
        (
            N_("A line tells that a person wrote to us. Treat it like a conversation."),
            N_("Reading here is written down with your name."),
        ),
    ),
    "staff.audit_line": Help(
        N_("A line of the audit"),
        N_("This is all that one line holds: who, what, when, why, and what was changed."),
        (N_("The long numbers at the end tie the line to the one before it."),),
        (N_("Reasons may tell something about a person. Do not pass them on."),),
    ),
    "staff.audit_of_person": Help(
        N_("Who saw this person"),
        N_("Here is everybody who saw one person, how often, and why."),
        (
            N_("Print this page when the person asks who saw their data."),
            N_("A reason stands where name and number were shown with care."),
        ),
        (N_("Give it to the person alone, and only after you are sure that it is this person."),),
    ),
    "staff.audit_of_case": Help(
        N_("Who saw this case"),
        N_("Here is everybody who saw one case, how often, and why."),
        (N_("Look at the names: does each of them work on the case?"),),
        (N_("Even that there is such a case may be a secret."),),
    ),
    "staff.audit_chain": Help(
        N_("Is the record whole?"),
        N_("The lines of the audit are chained. This page tells whether the chain holds."),
        (N_("It is checked once a day, by itself. Look at the date."),),
        (N_("If it is not whole, change nothing and tell your head of office at once."),),
    ),
    "staff.security_lines": Help(
        N_("Access log"),
        N_("Here is written down who signed in, what was refused, and what changed about accounts."),
        (N_("Look for names that should not be there, and for many refusals."),),
        (
            N_(
                "If somebody uses a colleague's account, end its sessions and tell the data protection officer."
            ),
        ),
    ),
}
