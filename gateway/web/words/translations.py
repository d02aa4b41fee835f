"""Translators' words: how far a text is, what may be wrong with it, what a file would do."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

TEXT_STATE: Mapping[str, str] = {
    "missing": N_("Missing"),
    "machine": N_("Drafted by a machine"),
    "translated": N_("Translated"),
    "stale": N_("The source has changed"),
    "reviewed": N_("Read by a second person"),
}
TEXT_KIND: Mapping[str, str] = {
    "text": N_("What is said"),
    "short": N_("Short form for one SMS"),
    "label": N_("An answer to choose"),
    "reminder_text": N_("Reminder"),
    "constraint_message": N_("Said when the answer does not fit"),
    "required_message": N_("Said when an answer is needed"),
    "hint": N_("Help for the question"),
    "guidance": N_("More help for the question"),
    "other": N_("Asked after “other”"),
    "another": N_("Asked before the next round"),
    "quota_text": N_("Said when enough people have answered"),
}
QUESTION_TYPE: Mapping[str, str] = {
    "select_one": N_("One answer"),
    "select_multiple": N_("Several answers"),
    "integer": N_("A whole number"),
    "decimal": N_("A number"),
    "text": N_("Free words"),
    "date": N_("A day"),
    "place": N_("A place"),
    "time": N_("A time of day"),
    "datetime": N_("A day and a time"),
    "rank": N_("Answers in an order"),
    "location": N_("A place on the map"),
    "image": N_("A picture"),
    "audio": N_("A voice message"),
    "video": N_("A video"),
    "file": N_("A file"),
    "acknowledge": N_("A yes, to go on"),
    "range": N_("A number of a range"),
}
TEXT_DOUBT: Mapping[str, str] = {
    "placeholder_missing": N_("A placeholder of the source is missing:"),
    "placeholder_unknown": N_("The source has no such placeholder:"),
    "brace": N_("A brace stands alone. A placeholder is written ${name}."),
    "override": N_("A hidden mark turns letters round, so that a text shows what it does not say:"),
    "unbalanced": N_("A hidden mark of direction is opened or closed without the other one."),
    "embedding": N_("An old hidden mark of direction stands here:"),
    "joiner": N_("A hidden joiner stands where it joins nothing:"),
    "hidden": N_("A hidden character stands here that has no use:"),
    "too_long": N_("The text is too long."),
    "zawgyi": N_("This is written in the old Zawgyi encoding; phones of today show it wrongly."),
    "numbering": N_("People answer by these numbers. All must be there, in this order:"),
    "numbers": N_("These numbers are not the same as in the source:"),
    "same_as_option": N_("Another answer has the same word:"),
    "keyword": N_("This word must stay, or a word that is read like it:"),
    "copy": N_("This is the source, word for word."),
    "mixed_script": N_("Letters of another alphabet stand in these words:"),
    "spaces": N_("There are spaces at the edge, or two in a row."),
    "term": N_("The glossary says it so:"),
    "forbidden": N_("The glossary asks not to say it so:"),
    "long": N_("It takes more SMS than the source:"),
}
EXCHANGE: Mapping[str, str] = {
    "new": N_("New"),
    "changed": N_("Changed"),
    "conflict": N_("Changed in both places"),
    "refused": N_("Cannot be taken"),
    "unchanged": N_("As it is here"),
}
EXCHANGE_REASON: Mapping[str, str] = {
    "no_such_text": N_("The flow has no such text."),
    "twice": N_("The same text stands in the file twice."),
    "both_changed": N_("It was changed in the file, and here too since the file was made."),
    "not_known_since": N_("The file does not say which translation it changed."),
    "source_changed": N_("The file translates another source than the one that stands here now."),
    "term_empty": N_("The term is missing."),
    "translation_empty": N_("Write a translation, or words that must not be used."),
    "term_too_long": N_("The term is too long."),
    "translation_too_long": N_("The translation is too long."),
    "note_too_long": N_("The note is too long."),
    "forbidden_too_long": N_("There are too many words, or too long ones."),
    **TEXT_DOUBT,
}
TEXT_FILE: Mapping[str, str] = {
    "empty": N_("The file is empty."),
    "too_large": N_("This file is too large."),
    "too_many_rows": N_("It has too many rows."),
    "not_utf8": N_("This file is not UTF-8."),
    "not_po": N_("This is not a PO file that can be read."),
    "not_xlsx": N_("This is not an Excel file (.xlsx)."),
    "not_csv": N_("This is not a table as text (CSV)."),
    "no_headings": N_("The first row must name the columns, as in the file that was exported."),
    "no_rows": N_("There is no text in it."),
    "other_flow": N_("This file belongs to another flow."),
    "other_language": N_("This file is in another language."),
}
TEXT_FAULT: Mapping[str, str] = {
    "empty": N_("Write the translation first."),
    "own_translation": N_("Somebody else must read what you translated."),
    "nothing_to_review": N_("There is nothing to read yet."),
    "stale_text": N_("The source has changed. Translate it again first."),
    "needs_native": N_("A machine drafted this. Somebody who grew up with the language must read it."),
    "broken_draft": N_("The flow cannot be read as it is now. Its authors must mend it first."),
    "no_such_text": N_("This text is not in the flow any more."),
    "unknown": N_("Choose one of those that there are."),
    "twice": N_("The flow speaks this language already."),
    "too_long": N_("This is too long."),
}

TABLES: Mapping[str, Mapping[str, str]] = {
    "text_state": TEXT_STATE,
    "text_kind": TEXT_KIND,
    "question_type": QUESTION_TYPE,
    "text_doubt": TEXT_DOUBT,
    "exchange": EXCHANGE,
    "exchange_reason": EXCHANGE_REASON,
    "text_file": TEXT_FILE,
    "text_fault": TEXT_FAULT,
}
