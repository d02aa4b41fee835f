"""People, cases, messages and rounds: the daily work."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.help_texts.shape import ALOUD, SCREEN, Help
from gateway.web.words.marking import N_

HELP: Mapping[str, Help] = {
    "staff.overview": Help(
        N_("Overview"),
        N_("This page shows in numbers what waits for you and whether everything works."),
        (
            N_("Look first at what is red or late, then open it."),
            N_("The numbers renew themselves while the page is open."),
        ),
        (N_("Small numbers can point to a person. Do not pass them on outside your team."),),
    ),
    "staff.contacts": Help(
        N_("Conversations"),
        N_("Here are the people who wrote to us, the latest first."),
        (
            N_("Open a line to read what was said."),
            N_("Numbers are hidden except for their end. You can find a person with the search."),
        ),
        (
            N_("Each look at a person is written down with your name."),
            N_("“Careful” means: read the safety notes before you write or call."),
        ),
    ),
    "staff.contact": Help(
        N_("Conversation"),
        N_("This is everything that was said with one person, and what we know about them."),
        (
            N_("Read the safety notes first: may we write, may we call, and when?"),
            N_("Show name and number only when you need them. It is written down with your name."),
        ),
        (
            N_("Take every phone for a shared phone: others in the family may read our texts."),
            ALOUD,
            SCREEN,
        ),
    ),
    "staff.grievances": Help(
        N_("Grievances"),
        N_("Here are the complaints, questions and requests that people sent us."),
        (
            N_("Begin at the top: the case with the least time left stands first."),
            N_("Open a case to read it and to see what was done."),
        ),
        (
            N_("Do not ask around about who complained. It can put the person in danger."),
            N_("A complaint about staff is never handled by the team it is about."),
        ),
    ),
    "staff.grievance": Help(
        N_("One case"),
        N_("This page shows what the person wrote and every step that was taken since."),
        (
            N_("Read all words of the person before you decide anything."),
            N_("Give the person the case number only, no detail, when you answer by text."),
        ),
        (
            N_("Receive, reassure and refer. Do not investigate yourself."),
            N_("Does it tell of violence or abuse? Pass it to the focal point at once and tell nobody else."),
            SCREEN,
        ),
    ),
    "staff.rounds": Help(
        N_("Rounds"),
        N_("A round is one survey that goes out to many people at once."),
        (
            N_("Open a round to see how many were asked and how many answered."),
            N_("Numbers grow while answers come in."),
        ),
        (N_("The answers come from people who chose to reply. They do not speak for everybody."),),
    ),
    "staff.round_": Help(
        N_("One round"),
        N_("This page counts the answers to each question of a survey."),
        (
            N_("Look first at how many people were asked and how many finished."),
            N_("A hidden number is so small that it could point to a person."),
        ),
        (
            N_("Do not work out hidden numbers from totals, and do not pass them on."),
            N_("Always name the number of people who answered beside a percentage."),
        ),
    ),
    "staff.messages": Help(
        N_("Messages to check"),
        N_("Here are messages that did not arrive or that no flow could handle."),
        (
            N_("Choose a list at the top and read the reason beside each message."),
            N_("Many messages with the same reason mean that a channel needs help: tell your administrator."),
        ),
        (N_("“Not known whether it arrived”: do not send it again by hand before somebody has looked."),),
    ),
    "staff.problems": Help(
        N_("Flow problems"),
        N_("Here are mistakes in the texts and questions that our flows send."),
        (
            N_("Read what is wrong and in which language, then tell whoever wrote the flow."),
            N_("Mark a problem when somebody takes care of it."),
        ),
        (N_("A wrong translation can frighten or mislead people. Stop a flow rather than leave it."),),
    ),
    "staff.simulator": Help(
        N_("Phone simulator"),
        N_("Here you can talk to our flows as an invented person, without a phone and without cost."),
        (
            N_("Choose a kind of phone and a language, and take the phone."),
            N_("Try every flow here, in every language, before people get it."),
        ),
        (N_("Never type the words or the number of a real person here."),),
    ),
    "staff.phone": Help(
        N_("A simulated phone"),
        N_("This phone is invented and yours alone: you see what a person would see."),
        (
            N_("Write below as the person would, or let a flow write first."),
            N_("Each message says how many SMS it takes."),
        ),
        (N_("Read the texts as somebody else in the family could: does one of them harm the person?"),),
    ),
    "staff.search": Help(
        N_("Search"),
        N_("Here you find people, cases, rounds and flows that you may see."),
        (
            N_("Type part of a name in any script, or the last four digits of a number or more."),
            N_("Type a case number as you heard it: spaces and small letters do not matter."),
        ),
        (
            N_("Search only for people whom you are helping. Each search is written down with your name."),
            N_("“Nothing found” does not mean that nobody is there: you may not be allowed to see them."),
        ),
    ),
    "staff.views": Help(
        N_("My views"),
        N_("This page gathers the lists that you keep as you like them."),
        (
            N_("Press a name to open the list."),
            N_("To keep a new one, narrow or sort a list, then choose “Keep this view”."),
        ),
        (N_("Give no view the name of a person."),),
    ),
    "staff.keep_view": Help(
        N_("Keep this view"),
        N_("Here you give a list a name, to open it again as it stands now."),
        (
            N_("Type a short name that tells you what the list shows."),
            N_("The list itself goes on: it shows what is new whenever you open it."),
        ),
        (N_("Give no view the name of a person."),),
    ),
}
