"""One's own account, and the way in."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.help_texts.shape import Help
from gateway.web.words.marking import N_

HELP: Mapping[str, Help] = {
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
}
