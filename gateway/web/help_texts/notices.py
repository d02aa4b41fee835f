"""Notices, duty and mails."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.help_texts.shape import Help
from gateway.web.words.marking import N_

HELP: Mapping[str, Help] = {
    "staff.notices": Help(
        N_("What waits for me"),
        N_(
            "Here stands everything that you were told of: new cases, clocks that run out, decisions that need you."
        ),
        (
            N_("Begin with what is marked P1, then with the oldest."),
            N_("Open what you will look at now: the others then see that somebody is looking."),
        ),
        (N_("Do not mark as read what nobody has looked at: the backup is then not asked."),),
    ),
    "staff.notice": Help(
        N_("Something waits for you"),
        N_("A mail led you here. It said how urgent this is, and not what it is."),
        (N_("Press the button to see it. That also tells the others that you are looking."),),
        (N_("Use a device of your own or your office only."),),
    ),
    "staff.my_notices": Help(
        N_("When I get mail"),
        N_("Here you choose when we write to you by e-mail."),
        (
            N_("Choose how often, and the hours in which you want to be left alone."),
            N_("Immediate danger still reaches you then while you are on duty."),
        ),
        (N_("Who is on duty should not switch mails off."),),
    ),
    "staff.rosters": Help(
        N_("Duty roster"),
        N_("Here you see for each team who is on duty now, and whether hours are left open."),
        (
            N_("Open a team to see its week."),
            N_("Whoever is on duty is told first. Then the backup is, and then the lead."),
        ),
        (N_("A team without anybody on duty answers nobody in danger."),),
    ),
    "staff.roster": Help(
        N_("The week of a team"),
        N_("Here a team's lead plans who is on duty, and those on duty hand over to the next."),
        (
            N_("Choose the days, the hours, the person and a backup, and add the shift."),
            N_("Copy the week before when nothing has changed, then mend what has."),
            N_("At the end of your shift, leave the open cases to the next person."),
        ),
        (N_("Tell nobody outside the team who is on duty, and when."),),
    ),
    "staff.mails": Help(
        N_("Mails to staff"),
        N_("Here stand mails to staff that did not arrive, or of which nobody knows it."),
        (
            N_("Was an address refused? Ask the person for the right one."),
            N_("Send a mail again only when the person did not get it."),
        ),
    ),
}
