"""The words of reservations in five languages, as patterns that `prose` puts together.

All patterns are for a text whose typographic apostrophes, hyphens and spaces were made plain ones
(`plain`), which changes no length.
"""

from __future__ import annotations

import re
from typing import Final

_TYPOGRAPHY: Final = str.maketrans(
    {
        "\u2019": "'",
        "\u02bc": "'",
        "\u2018": "'",
        "\u2010": "-",
        "\u2011": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\n": " ",
        "\r": " ",
        "\t": " ",
    }
)


def plain(text: str) -> str:
    """``text`` with plain apostrophes, hyphens and spaces; as long as before."""
    return text.translate(_TYPOGRAPHY)


SENTENCE: Final = re.compile(
    r"(?<=[.!?])(?<!\b[Aa]rt\.)(?<!\bAbs\.)(?<!\bL\.)(?<!\bR\.)(?<!\b[Nn]o\.)(?<!\bInc\.)"
    r"(?<!\bLtd\.)(?<!\bDir\.)(?<!\b[Dd]r\.)\s+(?=[A-ZÀ-Ý§¿¡])"
    r"|(?:\r?\n){2,}|\r?\n(?=\s{0,80}[^\sa-zà-ÿ])"
)
"""Where a sentence ends: not behind an abbreviation, and not where a line is only wrapped."""

CITATION: Final = re.compile(
    r"§\s*44b|2019/790|2024/1689|\bart(?:\.|icles?|ikel)?\s*4\s?\(3\)"
    r"|\bart(?:\.|icle|ikel|ículo|icolo)?\s*4,?\s*(?:§|paragraphe|par\.|paragraph|Abs\.|Absatz"
    r"|apartado|paragrafo|alinéa|al\.)\s*3\b.{0,60}(?:direct|dirett|richtlinie)"
    r"|\bL\.?\s?122-5-3|\bL\.?\s?211-3|\bR\.?\s?122-28|\b70[ -]quater|\b24/2021",
    re.IGNORECASE,
)
"""The articles that speak of reserving mining: whoever cites one with a word of reserving does."""

MINING: Final = re.compile(
    r"data[ -]?mining|text[ -]mining"
    r"|(?:fouille|exploration|forage|extraction) (?:automatisée )?(?:de |du |des |d')"
    r"(?:textes?|données)"
    r"|miner[ií]a (?:automatizada )?de (?:los )?(?:textos?|datos)"
    r"|(?:estrazione|analisi automatizzata) (?:automatizzata )?d(?:i|el|ei|a) (?:testo|testi|dati)",
    re.IGNORECASE,
)
TDM: Final = re.compile(r"\b(?:TDM|tdm|Tdm)\b")
"""The short name alone; labels and bands are called so too."""

MACHINE_LEARNING: Final = re.compile(
    r"machine[ -]learning|deep[ -]learning|apprentissage (?:automatique|machine|profond)"
    r"|maschinelle[snr]? Lernen|aprendizaje (?:autom[aá]tico|profundo)"
    r"|apprendimento (?:automatico|profondo)",
    re.IGNORECASE,
)
INTELLIGENCE: Final = re.compile(
    r"\bA\.?I\.?\b|\bIA\b|\bKI\b|\bgenAI\b|\bGenAI\b|\bLLMs?\b|[lL]'ia\b"
    r"|(?i:machine learning|artificial intelligence|intelligences? artificielles?"
    r"|künstliche[rn]? Intelligenz|inteligencias? artificial(?:es)?|intelligenz[ae] artificial[ei]"
    r"|generative (?:models?|systems?)|language models?|neural networks?|foundation models?"
    r"|modèles? (?:de langage|génératifs?)|réseaux? de neurones"
    r"|Sprachmodell|generative[rn]? Modell|modelos? (?:de lenguaje|generativos?)"
    r"|modelli (?:linguistici|generativi))"
)
TEACH: Final = re.compile(
    r"\btrain|entra[iî]n|apprentissage|\bKI-Training|\bTraining|\btrainier|entrenamiento"
    r"|entrenar|entrenen|addestra|\bdevelop|développe|entwick|desarroll|svilupp|fine-?tun"
    r"|\bdata ?sets?\b|jeux? de données|Datens[aä]tz|conjuntos? de datos|\bingest",
    re.IGNORECASE,
)

FORBID: Final = re.compile(
    r"reserv|réserv|vorbehalt|vorbehält|behält sich|behalten sich|riserv"
    r"|prohibit|prohíb|prohib|proibi|forbid|interdi|untersag|verbot|verbiet|vieta|divieto"
    r"|oppos|oppon|opon|widersp[rb]|widerspr|opt(?:ed|s|ing)?[- ]?out|refus|ablehn|lehn(?:t|en)\b"
    r"|exclu[dsi]|exclue?s?\b|ausgeschlossen|ausgenommen|esclus|escludo"
    r"|disallow|den(?:y|ies)\b|withh[eo]ld"
    r"|unzulässig|unlawful|illicit|illégal",
    re.IGNORECASE,
)
"""Words that forbid, whatever else the sentence says."""

TERMS: Final = re.compile(
    r"autorisation (?:préalable|écrite|expresse)|soumise?s? à (?:une |l')?(?:autorisation|licence)"
    r"|subordonnée?s? à|(?:nécessite|requiert|exige|exigent) (?:une |l'|un )?(?:autorisation"
    r"|licence|accord)"
    r"|requir\w+ (?:an? |the |our |its |their )?(?:prior |separate |express |written |explicit )*"
    r"(?:licen[cs]e|licensing|permission|consent|authori[sz]ation|agreement)"
    r"|subject to (?:an? |the |our )?(?:prior |separate |express |written )*"
    r"(?:licen[cs]|permission|consent|authori[sz]ation)"
    r"|only (?:with|under|upon|after)\b|(?:seulement|uniquement) (?:avec|sous|sur)"
    r"|nur (?:mit|nach|unter)\b|bedarf|bedürfen|erfordert"
    r"|(?:zustimmungs|genehmigungs)pflichtig"
    r"|(?:sólo|solo|únicamente) (?:con|bajo|previa)|requiere|precisa de|sujet[oa]s? a"
    r"|(?:solo|soltanto|esclusivamente) (?:con|previa|previo|su)\b|richied\w+ (?:l'|un')?autoriz"
    r"|soggett[aoei] a(?:d)? ",
    re.IGNORECASE,
)
"""Words that make a use depend on somebody's leave."""

DENY: Final = re.compile(
    r"\bno\b|\bnot\b|n't\b|\bnever\b|\bcannot\b|without"
    r"|\bsans (?:l'|son |notre |mon )?(?:autorisation|accord|consentement|licence)"
    r"|\bne (?:peut|peuvent)\b|\b(?:ne |n')\w.{0,40}?\b(?:pas|jamais)\b|\baucune?\b"
    r"|\bnicht\b|\bkeine?[nrsm]?\b|\bohne\b|\bniemals\b"
    r"|\bsin\b|\bning[uú]n|\bnunca\b"
    r"|\bsenza\b|\bnon\b|\bnessun",
    re.IGNORECASE,
)
"""Words that deny: they forbid unless the sentence permits, or tells what was done."""

PLAIN_NOTICE: Final = re.compile(
    r"(?:all (?:other )?rights reserved|tous (?:les )?droits (?:sont )?réservés"
    r"|alle rechte (?:sind )?vorbehalten|todos los derechos (?:est[aá]n )?reservados"
    r"|tutti i diritti (?:sono )?riservati)"
    r"(?!\s*[,;:(\u2013\u2014-]*\s*(?:including|incl\b|in particular|notably|also|for\b|regarding"
    r"|as regards|with respect|y compris|notamment|aussi|pour\b|einschlie|insbesondere|auch\b"
    r"|für\b|inklusive|incluid|inclus|incluyendo|también|para\b|compres|anche|per\b))",
    re.IGNORECASE,
)
"""What every copyright notice says: beside a name ("Machine Learning Records") no reservation."""

PERMITS: Final = re.compile(
    r"\b(?:is|are) (?:freely |hereby |expressly |explicitly |also |generally )?"
    r"(?:permitted|allowed|authori[sz]ed|welcome)\b(?! only)"
    r"|\b(?:may|can) (?:freely |also )?be (?:freely )?(?:used|mined|reproduced)\b(?! only)"
    r"|\byou (?:may|can|are free to)\b(?! not| only)|\bwe (?:permit|allow|welcome)\b"
    r"|\b(?:est|sont) (?:librement |expressément |aussi )?(?:autorisée?s?|permise?s?)\b"
    r"|\b(?:peut|peuvent) (?:librement )?être (?:librement )?(?:utilisée?s?|reproduite?s?)\b"
    r"|\b(?:ist|sind) (?:(?!nicht|nur|kein)\w+ ){0,3}(?:gestattet|erlaubt|zulässig)\b"
    r"|\bdarf (?:frei |auch )?(?!nicht|nur)\w.{0,60}?\bwerden\b"
    r"|\b(?:está|están|queda|quedan) (?:expresamente )?(?:permitid|autorizad)[oa]s?\b"
    r"|\bse (?:permite|autoriza)n?\b|\bpuede(?:n)? (?:utilizarse|usarse|ser utilizad)"
    r"|\b(?:è|sono) (?:liberamente |espressamente )?(?:consentit|permess|autorizzat)[oaei]\b"
    r"|\bpu(?:ò|òo|o') essere (?:liberamente )?(?:usat|utilizzat)",
    re.IGNORECASE,
)
DENIED_PERMISSION: Final = re.compile(
    r"\b(?:no|non|ne|n'|not|nicht)\s+(?:\w+\s+)?(?:se (?:permite|autoriza)|è |sono |est |sont"
    r"|está|queda|puede|peut|peuvent|pu(?:ò|o'))",
    re.IGNORECASE,
)
"""A permission that is denied before it is said: ``no se permite``, ``non è consentita``."""

TOLD: Final = re.compile(
    r"\b(?:was|were|has been|have been|had been) (?:\w+ )?(?:used|involved|employed|trained|made"
    r"|created|generated)\b|\b(?:made|created|produced|composed|written|recorded) (?:entirely )?"
    r"(?:without|with no)\b"
    r"|\b(?:a|ont) été (?:\w+ )?(?:utilisée?s?|employée?s?|entraînée?s?|créée?s?)"
    r"|\bwurden? .{0,60}?(?:verwendet|eingesetzt|genutzt|erstellt|trainiert)"
    r"|\bse (?:usó|utilizó|han? (?:usado|utilizado))|\bha sido (?:cread|entrenad)"
    r"|\b(?:è|sono) stat[aoei] (?:usat|utilizzat|creat|addestrat)",
    re.IGNORECASE,
)
"""How something came about: "no AI-trained model was used" denies, and forbids nothing."""

NOAI: Final = re.compile(r"(?<![\w.@/-])no(?:image)?ai(?![\w@/-]|\.\w)", re.IGNORECASE)
"""The words of robots' directives (``noai``, ``noimageai``)."""
