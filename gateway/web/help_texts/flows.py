"""Help of the pages of flows."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.help_texts.shape import Help
from gateway.web.words.marking import N_

HELP: Mapping[str, Help] = {
    "staff.flows": Help(
        N_("Flows"),
        N_("Here are all conversations that the gateway can hold: surveys, menus and messages."),
        (
            N_("Open a line to see what a flow is for, and to edit or publish it."),
            N_("A flow reaches people only after it was published."),
        ),
        (N_("A question can put a person in danger. Ask only what you need."),),
    ),
    "staff.flow": Help(
        N_("One flow"),
        N_("This page shows what a flow is for, who answers for it, and what the check says."),
        (
            N_("Read first what is refused, and mend it."),
            N_("Then look at what is doubtful, and decide."),
        ),
        (N_("Others in the family may read each text. Write nothing that could harm when it is seen."),),
    ),
    "staff.flow_results": Help(
        N_("Results of a flow"),
        N_("This page shows how far people came in this flow, what they answered, and where they stopped."),
        (
            N_("Look first where many stop: that question may be too hard, too long or too private."),
            N_("Choose a round or a revision to see its answers alone."),
            N_("Teach the flow what a reply means that it did not understand, then publish the draft."),
        ),
        (N_("Replies stand here in people’s own words. Do not copy them, and do not guess who wrote them."),),
    ),
    "staff.import_form": Help(
        N_("Bring a form"),
        N_("Here you bring an XLSForm, as KoBo and ODK use it, and make a flow of it."),
        (
            N_("Choose the form. Where questions take their choices from a file, choose that file too."),
            N_("Then you see what becomes of each row. Nothing is written before you agree."),
        ),
        (N_("Bring the empty form only, never answers of people."),),
    ),
    "staff.preview_form": Help(
        N_("Look at the form"),
        N_("This page says what becomes of each row of your form."),
        (
            N_("Say first which language each heading means."),
            N_(
                "Look at what cannot be taken: mend it in the form and bring it again, or leave these rows out."
            ),
            N_("Read what was changed, and the proposals for shorter texts. Then make the draft."),
        ),
        (N_("A question that was meant for an interviewer may need other words when people read it alone."),),
    ),
    "staff.edit_flow": Help(
        N_("Edit a flow"),
        N_("Here you change the draft of a flow. People meet what you wrote only after it was published."),
        (
            N_("Choose a step on the left and change it. Everything is saved by itself, and can be undone."),
            N_("Look at what is listed below the steps: each line leads to what needs mending."),
            N_("Then rehearse the flow, and publish it."),
        ),
        (N_("When a colleague changes the same step at the same time, you are asked which version stays."),),
    ),
    "staff.rehearse_flow": Help(
        N_("Rehearse a flow"),
        N_("Here you talk to the draft as an invented person, before anybody else does."),
        (
            N_(
                "Choose a language and a phone, and answer as people do: with numbers, with words, with mistakes."
            ),
            N_("Let time pass to hear the reminder, or jump to a step."),
            N_("Keep a good talk as a test. It tells when a later change breaks it."),
        ),
        (N_("Write nothing about a real person here. Nothing is sent, kept or counted."),),
    ),
    "staff.flow_picture": Help(
        N_("Picture of a flow"),
        N_("This shows where a conversation may go from each step."),
        (N_("Follow the lines from the top to the end. Each box leads to its step."),),
        (N_("A step that no line leads to is never heard by anybody."),),
    ),
    "staff.triggers": Help(
        N_("What begins a flow"),
        N_(
            "Here are the words, links, times and happenings that begin flows, and the order in which they count."
        ),
        (
            N_("Write a text into the field to see what it would do."),
            N_("Add a trigger, or turn one off for a while."),
            N_("Open a line for its link, its QR code, or whom it asks."),
        ),
        (N_("A word that is heard in public should not tell what a flow is about."),),
    ),
    "staff.add_trigger": Help(
        N_("Add a trigger"),
        N_("Choose a flow, and what lets it begin."),
        (
            N_("For a word: write all its spellings, also in other scripts."),
            N_("For a time: write “daily 09:00”, “mon thu 18:30”, “day 31 08:00” or “2031-03-09 09:00”."),
        ),
    ),
    "staff.trigger": Help(
        N_("One trigger"),
        N_("This page shows what begins a flow, with its links and QR codes, and whom a time asks."),
        (N_("Print the picture on a poster, or send the link."),),
        (N_("Whoever sees a poster knows what a person asks about. Choose its place with care."),),
    ),
    "staff.late_replies": Help(
        N_("Came too late"),
        N_("These answers came after their conversation was over. They count nowhere."),
        (
            N_("Look which question they were for."),
            N_("Many of them in one flow? Let its questions wait longer."),
        ),
    ),
    "staff.new_flow": Help(
        N_("A new flow"),
        N_("Here you begin a conversation. Nobody meets it before it is published."),
        (
            N_("Give it a title for your colleagues and a short code, then choose its languages."),
            N_("Write its purpose before the first question. What serves no purpose is not asked."),
        ),
        (N_("Give no flow the name of a person or of something that people suffered."),),
    ),
    "staff.publish_flow": Help(
        N_("Publish a flow"),
        N_("Here a draft becomes what people meet. You see what the check says and what is different."),
        (
            N_("Mend what is refused. Answer what is doubtful, in your own words."),
            N_("Say why you publish. It stays with the revision, with your name."),
        ),
        (N_("Read every text as somebody who must not see it would read it."),),
    ),
    "staff.flow_revisions": Help(
        N_("Revisions of a flow"),
        N_("Here is every wording that was published, by whom and why."),
        (
            N_("Choose two of them to see what differs, word by word."),
            N_("Go back to an older one when the new one does harm or does not work."),
        ),
        (N_("Conversations under way keep the wording that they began with."),),
    ),
    "staff.ask_override": Help(
        N_("Ask for an exception"),
        N_("Here you ask that a question may go out which the check refuses."),
        (
            N_("Say why it must be asked, and why by message."),
            N_("The data protection officer and the sensitive focal point decide. Both must agree."),
        ),
        (N_("An answer to such a question can cost a life. Look for another way first."),),
    ),
    "staff.override_list": Help(
        N_("Exceptions asked for"),
        N_("Here are the wordings that somebody wants to send although the check refuses them."),
        (N_("Open what waits, read it with care, and decide."),),
        (N_("What you agree to holds for this wording, one round and one audience."),),
    ),
    "staff.override": Help(
        N_("An exception"),
        N_("Here you read what would go out and why, and you agree or refuse."),
        (
            N_("Read the question as somebody in the family would read it."),
            N_("Write your reason. It is kept with your name."),
        ),
        (N_("You cannot decide about a flow that you wrote. When in doubt, refuse."),),
    ),
}
