"""What each page is for, what to do first and what to be careful about: three to six short sentences a page.

Written for people who know their work and not computers. Each page that has an address of its own has a text here,
by its endpoint; whoever adds a page adds its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.web.words import N_


@dataclass(frozen=True, slots=True)
class Help:
    """The help of one page.

    Attributes:
        title: what the page is called.
        purpose: what it is for.
        first: what to do, in order.
        careful: what may harm a person or the operation.
    """

    title: str
    purpose: str
    first: tuple[str, ...]
    careful: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """All texts beneath the title."""
        return (self.purpose, *self.first, *self.careful)


_ALOUD = N_("Do not read names, numbers or complaints aloud where others can hear you.")
_SCREEN = N_("Close this page before you leave your desk.")

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
            _ALOUD,
            _SCREEN,
        ),
    ),
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
            _SCREEN,
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
    "staff.administration": Help(
        N_("Administration"),
        N_("From here you look after people, organisations, places and agreements."),
        (
            N_("Open the part that you need. You see only the parts that your role may open."),
            N_("Every change is written down with your name."),
        ),
    ),
    "staff.member_list": Help(
        N_("Staff"),
        N_("This page shows who has an account, as what, and where they work."),
        (
            N_("Open a name to change a role or office, or when somebody leaves."),
            N_("“Last seen” long ago? Ask whether the person still works here."),
        ),
        (N_("Let people leave on their last day, not later."),),
    ),
    "staff.invite_member": Help(
        N_("Invite somebody"),
        N_("Here you make an account for a new colleague."),
        (
            N_("Choose the smallest role that lets them do their work."),
            N_("You get a link that is shown once. Hand it over yourself."),
        ),
        (N_("Do not send the link by a group chat: whoever holds it gets in."),),
    ),
    "staff.member": Help(
        N_("Member of staff"),
        N_("This page shows one colleague: role, office, teams, and when they were last here."),
        (
            N_("Choose what you want to change below."),
            N_("A new link lets them set a new password. The old link stops working."),
        ),
        (N_("Make sure on the phone or in person who asks for a new link."),),
    ),
    "staff.change_member": Help(
        N_("Change a role or office"),
        N_("Here you give a colleague another role or office."),
        (
            N_("Choose the role and the office, and save."),
            N_("Some roles wait until a second person agrees. Your own are among them."),
        ),
        (N_("Every change is written down with your name."),),
    ),
    "staff.leave_member": Help(
        N_("Somebody leaves"),
        N_("Here you close an account and hand over what the person did."),
        (
            N_("Read what will happen."),
            N_("Choose who takes over, then close the account."),
        ),
        (N_("This cannot be undone. Somebody who comes back gets a new account."),),
    ),
    "staff.approvals": Help(
        N_("Second opinions"),
        N_("Some roles open sensitive things. Nobody gives them alone."),
        (
            N_("Ask the person who asked why the role is needed."),
            N_("Then agree or refuse. What you asked for yourself, somebody else answers."),
        ),
        (N_("Every change is written down with your name."),),
    ),
    "staff.organisation_list": Help(
        N_("Organisations"),
        N_("These are the agencies and partners that work together here."),
        (
            N_("Open one to change its name or hotline."),
            N_("The lead sees counts of all. Everybody else sees only their own records."),
        ),
    ),
    "staff.add_organisation": Help(
        N_("Add an organisation"),
        N_("Here you add an agency or a partner to the operation."),
        (
            N_("Give it a short code that will not change, and its name."),
            N_("Then invite its first administrator."),
        ),
        (N_("Every change is written down with your name."),),
    ),
    "staff.invite_founder": Help(
        N_("The first administrator"),
        N_("Here you invite whoever looks after a new organisation's staff."),
        (
            N_("Write their name and e-mail address."),
            N_("Hand over the link that is shown; if it runs out, invite them once more."),
        ),
        (N_("Call the person before you hand the link over: whoever holds it gets in."),),
    ),
    "staff.change_organisation": Help(
        N_("Change an organisation"),
        N_("Here you change what an organisation is called, or close it."),
        (
            N_("Change what is wrong and save."),
            N_("A closed organisation keeps its records, and its people cannot sign in."),
        ),
        (N_("Agree with the organisation before you close it."),),
    ),
    "staff.office_list": Help(
        N_("Offices and sites"),
        N_("These are the places where your people work."),
        (
            N_("Open one to change its time zone or the places that it serves."),
            N_("An office that people still work in cannot be closed."),
        ),
    ),
    "staff.add_office": Help(
        N_("Add an office or site"),
        N_("Here you add a place where people of your organisation work."),
        (
            N_("Give it a name and its time zone."),
            N_("Write the codes of the places that it serves, one in a line."),
        ),
    ),
    "staff.change_office": Help(
        N_("Change an office"),
        N_("Here you change an office, or close it."),
        (
            N_("Change what is wrong and save."),
            N_("Let its people work elsewhere before you close it."),
        ),
        (N_("Every change is written down with your name."),),
    ),
    "staff.team_list": Help(
        N_("Teams"),
        N_("A team shares its work, a roster and a lead."),
        (
            N_("Open a team to change who is in it."),
            N_("Give each team at least one lead. Alerts that nobody takes come to them."),
        ),
    ),
    "staff.add_team": Help(
        N_("Make a team"),
        N_("Here you put people together who share work."),
        (
            N_("Give the team a name and choose its members."),
            N_("Choose who leads it."),
        ),
    ),
    "staff.change_team": Help(
        N_("Change a team"),
        N_("Here you change who is in a team and who leads it."),
        (
            N_("Tick the members and the leads, and save."),
            N_("A team that is closed keeps its history."),
        ),
    ),
    "staff.place_list": Help(
        N_("Places"),
        N_("This page holds the names and codes of areas."),
        (
            N_("Write the beginning of a name, in any script, to find a place."),
            N_("Or open a place to see what lies below it."),
        ),
    ),
    "staff.upload_places": Help(
        N_("Load places"),
        N_("Here you give the house a newer list of places."),
        (
            N_("Choose the file, and write who published it and under which licence."),
            N_("You see what the file comes to before anything is written."),
        ),
        (N_("Use the list that your operation has agreed on."),),
    ),
    "staff.preview_places": Help(
        N_("Look at the file"),
        N_("This page shows what a list of places comes to."),
        (
            N_("Check what each column holds, and look again."),
            N_("When nothing is wrong, load the places."),
        ),
        (N_("Places that are in use and not in the new list stay, marked as retired."),),
    ),
    "staff.agreement_list": Help(
        N_("Agreements"),
        N_("These are the agreements that let one organisation read records of another."),
        (
            N_("Look at those that run out soon."),
            N_("Without a valid agreement nothing is shared."),
        ),
        (N_("People and their numbers are never shared, whatever was agreed."),),
    ),
    "staff.add_agreement": Help(
        N_("Register an agreement"),
        N_("Here you write down what your organisation lets another one read."),
        (
            N_("Register only what is signed."),
            N_("Choose the smallest level and the shortest time that serve the purpose."),
        ),
        (N_("The other organisation reads from the first day on. End it here at any time."),),
    ),
    "staff.partners": Help(
        N_("Partners"),
        N_("This page shows each organisation in numbers, for the one that leads."),
        (
            N_("Ask those who have been silent for two weeks whether they need help."),
            N_("Small numbers are hidden."),
        ),
        (N_("More cases can mean more trust. Do not read them as a failure."),),
    ),
    "staff.key_list": Help(
        N_("Keys for programs"),
        N_("Programs read counts of your organisation with these keys."),
        (
            N_("Take back what nobody uses any more."),
            N_("“Last used” long ago? Ask whether the program still runs."),
        ),
    ),
    "staff.add_key": Help(
        N_("Make a key"),
        N_("Here you let a program read counts of your organisation."),
        (
            N_("Say what it is for, and choose the least that it must read."),
            N_("The key is shown once. Put it where the program keeps its secrets."),
        ),
        (N_("Whoever holds the key reads what it opens. Never send it in a message."),),
    ),
    "staff.roles": Help(
        N_("Roles"),
        N_("This page says who may see and change what. The pages follow it to the letter."),
        (
            N_("Find a role to read what it may do, or find a thing to read who may see it."),
            N_("You can print the page and put it beside the list of staff."),
        ),
        (N_("Give each person the smallest role that lets them do their work."),),
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
    "staff.sign_in": Help(
        N_("Sign in"),
        N_("Here staff sign in with their e-mail address and their password."),
        (
            N_("Type both and press the button."),
            N_("Forgot your password? Ask your administrator for a new link."),
        ),
        (
            N_("Nobody of us ever asks for your password. Tell it to nobody."),
            N_("Sign in on a device of your own or your office only."),
        ),
    ),
    "staff.welcome": Help(
        N_("Welcome"),
        N_("This page lets you choose your password. The link to it works once."),
        (
            N_("Choose a few words in a row that nobody can guess, and type them twice."),
            N_("Has the link run out? Ask your administrator for a new one."),
        ),
        (N_("Use this password nowhere else."),),
    ),
    "staff.second_step": Help(
        N_("Second step"),
        N_(
            "Your first proof was right. Now we ask for a second one, so that a stolen password is not enough."
        ),
        (
            N_("Type the six digits that your app shows, or use your passkey."),
            N_("Without your phone, use one of the recovery codes that you kept."),
        ),
        (N_("Never tell a code to anybody. Nobody of ours will ask you for one."),),
    ),
    "staff.sign_in_by_passkey": Help(
        N_("Sign in with a passkey"),
        N_("Your device shows that it is you, with your finger, your face or its PIN."),
        (
            N_("Press the button and follow your device."),
            N_("If it knows no passkey, sign in with your password instead."),
        ),
    ),
    "staff.confirm": Help(
        N_("Is it you?"),
        N_("What comes next is sensitive. We ask again, in case you left your desk for a moment."),
        (
            N_("Show that it is you: by a code, a passkey or your password."),
            N_("Then you come back to what you were doing. It counts for ten minutes."),
        ),
    ),
    "staff.account": Help(
        N_("Your account"),
        N_("Here you see how you sign in, and change it."),
        (
            N_("Add a second way before you change your phone, so that you are never shut out."),
            N_("Keep your recovery codes on paper, away from the phone."),
        ),
        (N_("An account belongs to one person. Do not share it, not even for a day."),),
    ),
    "staff.start_second_factor": Help(
        N_("Protect your account"),
        N_("A second step protects the people who write to us when a password is stolen."),
        (
            N_("Choose an app on your phone, or a passkey of this device."),
            N_("Afterwards you get recovery codes for the day on which you lose it."),
        ),
    ),
    "staff.set_up_app": Help(
        N_("Set up an authenticator app"),
        N_("Here an app on your phone learns to show codes for you."),
        (
            N_("Point the app's camera at the picture."),
            N_("Type the six digits that the app shows, then press the button."),
        ),
        (N_("Whoever sees the picture can make your codes. Look around you first."),),
    ),
    "staff.add_passkey": Help(
        N_("Add a passkey"),
        N_("Here your device learns to sign you in with your finger, your face or its PIN."),
        (
            N_("Give it a name, then press the button and follow your device."),
            N_("Add a second one on another device if you can."),
        ),
        (N_("Add none on a computer that others use under the same name as you."),),
    ),
    "staff.change_password": Help(
        N_("Change the password"),
        N_("Here you choose a new password."),
        (
            N_("Take a few words in a row that you can remember."),
            N_("All your other devices are signed out, so sign in there again."),
        ),
        (N_("Use a password that you use nowhere else."),),
    ),
    "staff.own_sessions": Help(
        N_("Where you are signed in"),
        N_("Here you see each device on which you are signed in."),
        (
            N_("Sign out what you do not know or no longer use."),
            N_("If you did not know a device, change your password and tell your administrator."),
        ),
    ),
    "staff.me": Help(
        N_("My settings"),
        N_("Here you choose how the pages speak to you. It changes nothing for others."),
        (
            N_("Choose your language, your time zone, your calendar and your digits."),
            N_("Save, and look at a page to see whether you like it."),
        ),
        (N_("Wrong time zone, wrong hour: check it before you agree with a person on a time to call."),),
    ),
    "staff.components": Help(
        N_("Components"),
        N_("This page shows the parts that all pages are made of, in both directions of writing."),
        (
            N_("Look here when you build, translate or check a page."),
            N_("Nothing on this page changes anything."),
        ),
        (N_("Its names and numbers are invented."),),
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
    "staff.shortcuts": Help(
        N_("Keyboard shortcuts"),
        N_("This page lists the keys that do something without a mouse."),
        (
            N_("Press the question mark on any page to see them again."),
            N_("You can switch them off in your settings."),
        ),
    ),
    "staff.setup_step": Help(
        N_("First steps"),
        N_("Five short steps lead from an empty installation to a message on a simulated phone."),
        (
            N_("Read why each step is asked, fill it in and go on. You can go back at any time."),
            N_("Stop whenever you like: the next time you go on where you stopped."),
        ),
        (N_("Nothing here reaches a real person. Connect real numbers only after you tried your flows."),),
    ),
    "staff.help_index": Help(
        N_("Help"),
        N_("This page gathers the help of all pages that you can open."),
        (
            N_("Each page has the same help behind the question mark at its top."),
            N_("Still stuck? Ask your administrator, and name the page and what you tried."),
        ),
        (N_("Send no pictures of pages that show a person."),),
    ),
}

# Routes that are no page to read: files, parts of a page, and steps that lead on at once.
NO_PAGE = frozenset(
    {"staff.setup", "staff.static_file", "staff.take_link", "staff.sign_in_by_sso", "staff.back_from_sso"}
)
