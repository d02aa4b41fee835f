"""What is wrong with something that was typed or sent in."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

FORM_FAULT: Mapping[str, str] = {
    "empty": N_("This must not be empty."),
    "too_long": N_("This is too long."),
    "unknown": N_("Choose one of those that there are."),
    "taken": N_("This exists already."),
    "bad_flow_code": N_("Use 2 to 48 small letters, digits and underscores, beginning with a letter."),
    "bad_code": N_("Use 2 to 32 small letters, digits and hyphens."),
    "in_use": N_("People still work there. Let them work elsewhere first."),
    "leads": N_("The organisation that leads cannot be closed."),
    "not_lead": N_("Only the organisation that leads adds others."),
    "last_administrator": N_(
        "Nobody else could administer the organisation. Make another administrator first."
    ),
    "unfit_heir": N_("Choose a colleague who may read as much."),
    "unfit_email": N_("This e-mail address cannot be used."),
    "before_it_begins": N_("This day is before the first."),
    "like_an_answer": N_("This could be an answer to a question. Use a word of two letters or more."),
    "unreadable": N_("Write it as in the examples."),
    "over": N_("This time has passed."),
    "no_date": N_("Write the day as year, month and day."),
}
UNREADABLE: Mapping[str, str] = {
    "encoding": N_("The file is not in UTF-8. Save it as “CSV UTF-8”."),
    "binary": N_("This is no CSV file."),
    "empty": N_("There is no row in it."),
    "too_long": N_("It has more than 300,000 rows."),
    "too_wide": N_("A row has more than 100 columns, or a cell more than 300 characters."),
    "quotes": N_("A quotation mark is not closed."),
    "no_code": N_("Say which column holds the codes."),
    "no_name": N_("Say which column holds the names."),
    "twice": N_("Two columns cannot hold the same."),
    "unknown_role": N_("A column cannot hold that."),
    "mixed": N_("Columns with a level and columns without do not go together."),
    "no_code_of_level": N_("A level has names and no codes."),
}
PLACE_FAULT: Mapping[str, str] = {
    "no_code": N_("The code is missing"),
    "no_name": N_("The name is missing"),
    "bad_level": N_("This is no level"),
    "duplicate": N_("The code stands twice"),
    "orphan": N_("No row has the code of the place above"),
    "own_parent": N_("The place lies in itself"),
    "cycle": N_("The places go round in a circle"),
    "not_above": N_("The place above is not on a higher level"),
    "too_deep": N_("There are too many levels"),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "form_fault": FORM_FAULT,
    "unreadable": UNREADABLE,
    "place_fault": PLACE_FAULT,
}
