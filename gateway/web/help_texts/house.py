"""Who is who: members, organisations, offices, teams, places, agreements, keys."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.help_texts.shape import Help
from gateway.web.words.marking import N_

HELP: Mapping[str, Help] = {
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
}
