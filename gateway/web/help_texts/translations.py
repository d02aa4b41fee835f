"""Help of the pages of translators."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.help_texts.shape import Help
from gateway.web.words.marking import N_

_SAFE = N_("Others in the family may read each text. Say nothing more than the source says.")

HELP: Mapping[str, Help] = {
    "staff.translations": Help(
        N_("Translations"),
        N_("Here you see what waits to be translated or read again, by flow and language."),
        (
            N_("Choose your language, then open a flow."),
            N_("“Next” leads you to the first text that waits."),
        ),
    ),
    "staff.translate": Help(
        N_("Translate a flow"),
        N_("This page shows how far each language of the flow is."),
        (
            N_("Open a language to see its texts."),
            N_("You can also give the flow one more language. Its texts are all missing then."),
        ),
        (N_("A flow goes out in a language only when no text is missing, or a fallback was chosen."),),
    ),
    "staff.translate_language": Help(
        N_("Texts in one language"),
        N_("Here are all texts of the flow in one language, in the order in which people meet them."),
        (
            N_("Open a text to translate it or to read it again."),
            N_("You can also take the texts along as a file, and bring it back."),
        ),
        (_SAFE,),
    ),
    "staff.translate_text": Help(
        N_("Translate a text"),
        N_("Here you translate one text. What stands around it is shown beside it."),
        (
            N_("Write your translation, then save. Ctrl and Enter saves and opens the next."),
            N_("Placeholders such as ${name} stay as they are: we fill them in for each person."),
            N_("What you translated, somebody else reads again."),
        ),
        (_SAFE,),
    ),
    "staff.import_translations": Help(
        N_("Bring a file back"),
        N_("Here you hand in a file with translations that was exported before."),
        (
            N_("Choose the file. First you see what it would change."),
            N_("Nothing is written over without your choice."),
        ),
    ),
    "staff.preview_translations": Help(
        N_("What the file changes"),
        N_("This page compares the file with the texts as they are now."),
        (
            N_("Look at the conflicts first, and choose one of the two texts each time."),
            N_("Then take the file over. All of it can be taken back in the editor as one change."),
        ),
        (N_("Rows that cannot be taken say why. Mend them in the file and hand it in again."),),
    ),
    "staff.glossary": Help(
        N_("Glossary"),
        N_("Here your organisation writes down how a word is said in each language."),
        (
            N_("Choose a language, then add the words that matter."),
            N_("Translators see these words marked in each text, and are told when one is missing."),
        ),
    ),
    "staff.add_term": Help(
        N_("Add a word"),
        N_("Here you add a word to the glossary of one language."),
        (
            N_("Write the word as it stands in English texts, and its translation."),
            N_("Words that must not be used can be named too, one in a line."),
        ),
    ),
    "staff.change_term": Help(
        N_("Change a word"),
        N_("Here you change a word of the glossary, or take it out."),
        (
            N_("Write what is right from now on, then save."),
            N_("Texts that are translated already stay as they are."),
        ),
    ),
    "staff.import_glossary": Help(
        N_("Bring a glossary"),
        N_("Here you hand in a table of words for one language."),
        (
            N_("Choose a CSV file with the columns term, translation, note and forbidden."),
            N_("First you see what it would change; then you take it over."),
        ),
    ),
}
