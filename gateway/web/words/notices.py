"""What staff are told, and how."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

NOTICE: Mapping[str, str] = {
    "new_case": N_("A new case waits for its first look"),
    "sealed_case": N_("Something waits for you"),
    "case_due": N_("A first look is due soon"),
    "case_late": N_("A first look is late"),
    "channel_faulty": N_("A channel does not send"),
    "message_parked": N_("Messages could not be handled"),
    "flow_problem": N_("A flow has a mistake"),
    "mail_failed": N_("Mails to staff did not arrive"),
    "invitation_accepted": N_("Somebody accepted an invitation"),
    "role_change": N_("A change of role waits for a second person"),
    "flow_exception": N_("An exception for a flow waits for you"),
    "unusual": N_("The audit shows something unusual"),
    "duty_gap": N_("Nobody is on duty for some hours"),
    "handed_over": N_("Something was handed over to you"),
    "agreement_ends": N_("An agreement ends soon"),
}
NOTICE_LIST: Mapping[str, str] = {
    "unread": N_("Not read yet"),
    "all": N_("All"),
}
PROCESS: Mapping[str, str] = {
    "inbox": N_("Workers that step flows"),
    "outbox": N_("Workers that send"),
    "care": N_("Workers for upkeep"),
    "scheduler": N_("Schedulers"),
}
URGENCY: Mapping[str, str] = {
    "P1": N_("At once"),
    "P2": N_("Urgent"),
    "P3": N_("Soon"),
    "P4": N_("For information"),
}
SHIFT_FAULT: Mapping[str, str] = {
    "not_a_member": N_("This person is not in the team."),
    "same_person": N_("The backup must be somebody else."),
    "too_long": N_("Nobody can be on duty for more than a day. Plan two shifts."),
    "overlap": N_("This person is on duty then already."),
    "empty": N_("The clocks change then, and nothing is left of this shift."),
}
STEP: Mapping[str, str] = {
    "0": N_("Whoever is on duty was told"),
    "1": N_("The backup was told"),
    "2": N_("The lead was told"),
}
MAIL_STATE: Mapping[str, str] = {
    "uncertain": N_("Not known whether it arrived"),
    "refused": N_("The address was refused"),
    "failed": N_("Given up"),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "notice": NOTICE,
    "notice_list": NOTICE_LIST,
    "process": PROCESS,
    "urgency": URGENCY,
    "shift_fault": SHIFT_FAULT,
    "step": STEP,
    "mail_state": MAIL_STATE,
}
