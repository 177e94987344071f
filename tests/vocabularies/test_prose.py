"""Reservations in natural language: noticed in five languages, and not seen where there is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaoptout.reservation.profiles import load
from mediaoptout.vocabularies import prose, statement
from mediaoptout.vocabularies.properties import LangAlt

MINING = [
    # what mediaoptout and the societies write
    "Rights reserved \u2013 text and data mining (TDM): X expressly reserves all rights.",
    "Droits réservés \u2013 fouille de textes et de données (TDM) : X s'oppose expressément à toute"
    " reproduction ou extraction de ce contenu.",
    "All rights reserved, including those for text and data mining, AI training, and similar"
    " technologies.",
    "The use of this work for text & data mining is prohibited.",
    "No text-and-data-mining without prior written permission.",
    "TDM opt-out pursuant to Article 4(3) of Directive (EU) 2019/790",
    "Opted out under Art. 4(3) DSM directive",
    "Data mining is not permitted.",
    "We reserve our rights under Directive 2019/790.",
    "© 2025 X. Tous droits réservés, y compris pour la fouille de texte et de données.",
    "L'artiste s'oppose à la fouille de données (art. L.122-5-3 III CPI).",
    "Opposition au titre de l'article L. 211-3 8° du CPI",
    "Toute fouille de textes et de données est interdite sans autorisation préalable.",
    "Exploration de textes et de données interdite.",
    "Nutzungsvorbehalt gemäß § 44b Abs. 3 UrhG",
    "Text und Data Mining ist nicht gestattet.",
    "Der Rechteinhaber behält sich Text- und Data-Mining vor.",
    "Die Nutzung für Text und Data Mining bleibt vorbehalten.",
    "Queda prohibida la minería de textos y datos.",
    "Reservados los derechos de minería de datos.",
    "È vietata l'estrazione di testo e dati.",
    "Diritti riservati per l'estrazione di testo e di dati (TDM).",
    "Line one\nNo data mining\nline three",
    "© 2024 TDM Records. TDM prohibited.",
    "Private listening is permitted, text and data mining is prohibited.",
    "Text and data mining is allowed only with a licence, not otherwise.",
    # --- English
    "We do not consent to the use of this content for text and data mining.",
    "It is expressly opting out of any text or data mining, web scraping or similar uses for any"
    " purposes, including training or developing any AI system.",
    "Text and data mining requires our prior written consent.",
    "Any text and data mining is subject to a licence.",
    "This content may be used for data mining only with permission.",
    "All rights reserved (Art. 4(3) Directive (EU) 2019/790).",
    "All rights reserved for text and data mining.",
    "All rights\nreserved, including for data\nmining.",
    "DATA MINING PROHIBITED",
    "TDM: rights reserved by the label.",
    "Rights reserved under art. 53(1)(c) of Regulation (EU) 2024/1689.",
    "Robots must not perform text-mining.",
    "Excluded from text and data mining.",
    "You may listen, but data mining is forbidden.",
    # --- French
    "Toute fouille de textes et de données est soumise à autorisation préalable.",
    "L\u2019artiste s\u2019oppose à la fouille de données.",
    "Opposition à la fouille de textes et de données au titre de l\u2019art. L. 122-5-3 CPI.",
    "L\u2019ayant droit exerce son droit d\u2019opposition prévu à l\u2019article L.\u00a0122-5-3.",
    "La fouille de données portant sur les interprétations devra faire l'objet d'une autorisation"
    " préalable.",
    "Le forage de textes et de données n\u2019est pas autorisé.",
    "Le titulaire refuse toute extraction automatisée de données.",
    "Aucune fouille de textes sans accord écrit.",
    "La fouille de données nécessite une licence.",
    "Tous droits réservés, y compris pour la fouille de textes.",
    "Conformément à l'article 4, paragraphe 3, de la directive, tous les droits sont réservés.",
    "L'opt-out TDM est exercé par le producteur.",
    # --- German
    "Text- und Data-Mining ohne Zustimmung ist unzulässig.",
    "Der Urheber widerspricht dem Text und Data Mining.",
    "Kein Data Mining.",
    "Text und Data Mining nur mit Lizenz.",
    "Alle Rechte vorbehalten (§ 44b UrhG).",
    "Alle Rechte vorbehalten, insbesondere für Text und Data Mining.",
    "Vorbehalt nach § 44b Abs. 3 UrhG: Nutzungen sind vorbehalten.",
    "Data-Mining bedarf der Zustimmung des Verlags.",
    "Die Rechte nach Art. 4 Abs. 3 der Richtlinie über das Urheberrecht bleiben vorbehalten.",
    # --- Spanish
    "No se permite la minería de textos y datos.",
    "El titular se opone a la minería de datos.",
    "Todos los derechos reservados, incluida la minería de textos y datos.",
    "La minería de textos requiere autorización.",
    "Prohibida la mineria de datos sin licencia.",
    "Derechos reservados conforme al artículo 67 del Real Decreto-ley 24/2021.",
    # --- Italian
    "Non è consentita l'estrazione di testo e dati.",
    "Il titolare si oppone al text and data mining.",
    "Tutti i diritti riservati, compresa l'estrazione di testo e di dati.",
    "L'estrazione di dati è vietata senza autorizzazione.",
    "Riservati i diritti ai sensi dell'art. 70-quater della legge 633/1941.",
    # --- the stronger sentence of several counts
    "No AI training. No text and data mining either.",
]
TRAINING = [
    "No AI training allowed.",
    "This recording may not be used to train artificial intelligence.",
    "Not to be used for training of generative models.",
    "The use for developing or training AI systems is prohibited without consent.",
    "Must not be used for machine learning.",
    "Entraînement d'intelligences artificielles interdit : entraînement d'intelligence"
    " artificielle sans autorisation.",
    "Toute utilisation pour l'entraînement d'une IA est interdite.",
    "Interdit pour l'apprentissage automatique.",
    "KI-Training untersagt: kein Training von KI ohne Zustimmung, verboten.",
    "Nicht erlaubt: Verwendung für maschinelles Lernen.",
    "Prohibido el entrenamiento de IA.",
    "Prohibido su uso para aprendizaje automático.",
    "Vietato addestrare IA con questo brano.",
    "È vietato l'uso per l'apprendimento automatico.",
    "noai",
    "tags: landscape, noimageai",
    # --- English
    "Not licensed for AI training.",
    "AI TRAINING PROHIBITED",
    "AI training requires a licence from the label.",
    "Excluded from AI training datasets.",
    "You may not use this recording to train, fine-tune or develop any AI model.",
    "Use in datasets for Artificial Intelligence is forbidden.",
    "Do not ingest into LLMs.",
    "This track can't be used to train neural networks.",
    "Never to be used for training generative AI.",
    "We oppose the training of language models on our works.",
    "All rights reserved, including the right to train AI systems.",
    "AI training is permitted only with our licence; without it, it is prohibited.",
    "Rights reserved. Machine Learning use without consent is illicit.",
    "Opting out of generative AI training.",
    "Noai.",
    # --- French
    "L\u2019artiste refuse que ses enregistrements servent à entraîner une IA.",
    "L\u2019utilisation pour l\u2019apprentissage profond n\u2019est pas autorisée.",
    "Ne peut être utilisé pour entraîner des modèles génératifs.",
    "L\u2019entraînement de l\u2019Intelligence Artificielle est soumis à licence, sinon interdit.",
    "Interdiction de développer une IA à partir de ce contenu.",
    "Exclu des jeux de données d\u2019IA.",
    # --- German
    "Kein KI-Training.",
    "Das Training von KI-Systemen mit diesem Werk ist nicht erlaubt.",
    "Darf nicht zum Trainieren künstlicher Intelligenz verwendet werden.",
    "Die Nutzung für die Entwicklung von KI ist untersagt.",
    "Nutzung zum Training von Sprachmodellen vorbehalten.",
    "Wir lehnen das Training generativer Modelle ab.",
    "Maschinelles Lernen nur mit Lizenz.",
    # --- Spanish
    "Queda excluido el entrenamiento de inteligencia artificial.",
    "No se autoriza el entrenamiento de modelos generativos.",
    "Prohibido entrenar modelos de lenguaje.",
    "Sin permiso no puede usarse para entrenar IA: prohibido.",
    # --- Italian
    "Non è consentito addestrare modelli di intelligenza artificiale.",
    "Escluso l'addestramento di IA.",
    "È proibito l'uso per addestrare modelli linguistici.",
    "Divieto di addestramento di sistemi di intelligenza artificiale.",
]
NOTHING = [
    "",
    "© 2024 X. All rights reserved.",
    "℗ & © 2024 Example Records. Unauthorised copying, hiring, lending, public performance and"
    " broadcasting prohibited.",
    "Copyright 2024. Tous droits réservés. Reproduction interdite.",
    "© 2024 Beispiel GmbH. Alle Rechte vorbehalten. Vervielfältigung nicht gestattet.",
    "Todos los derechos reservados. Prohibida su reproducción.",
    "Tutti i diritti riservati. Vietata la riproduzione.",
    "© 2024 TDM Records, all rights reserved",
    "TDM Entertainment. Tous droits réservés.",
    "TDM GmbH \u2013 alle Rechte vorbehalten",
    "Not for resale. No part may be reproduced without permission.",
    "This song was made with AI.",
    "Generated by an AI trained on licensed recordings.",
    "Recorded on a train, no overdubs.",
    "Train sounds of the Canadian Railways; rights reserved.",
    "AI Weiwei: never sorry. All rights reserved.",
    "No Paint, No Gain (demo)",
    "Training day, part 2. No commercial use.",
    "Field recording of coal mining, no data.",
    "Data: mining town archive, 1920. Reserved seating.",
    "Section 4(3) of the licence: no commercial use.",
    "Text and data mining is permitted without restriction.",
    "Text and data mining is allowed, no licence needed.",
    "Licensed under CC BY 4.0: you may not apply technological measures.",
    "Encoded with LAME 3.100, no padding",
    "KI 2000, nicht reserviert",
    "https://example.org/ai/no",
    # --- how it was made, which forbids nothing
    "No AI was used in the making of this recording; no AI-trained models were used.",
    "Made without AI or machine learning.",
    "This image was not generated by a trained AI model; it has been made by hand.",
    "Aucune IA entraînée n'a été utilisée pour ce film.",
    "Es wurde keine trainierte KI verwendet.",
    "No se ha utilizado ninguna IA entrenada.",
    "Nessuna IA addestrata è stata usata.",
    # --- permissions
    "You may use this recording to train AI without asking.",
    "May be used for AI training without restriction.",
    "Peut être utilisé pour entraîner une IA sans autre formalité.",
    "La fouille de textes et de données est autorisée sans licence.",
    "Text und Data Mining ist ohne Lizenz gestattet.",
    "Se permite la minería de datos sin restricciones.",
    "È consentita l'estrazione di testo e dati senza limiti.",
    "All rights reserved. Data mining is permitted.",
    "We welcome machine learning research on this corpus, no fee.",
    # --- names and works
    "© 2021 Machine Learning Records, all rights reserved",
    "© Data Mining Music. All rights reserved.",
    "Deep Learning (Remix), tous droits réservés",
    "KI Records \u2013 Alle Rechte vorbehalten",
    "Trained Eye Productions. All rights reserved.",
    "IA feat. Training Day, todos los derechos reservados",
    "Entraînement, op. 3. Tous droits réservés pour tous pays.",
    "Recorded at no-ai.example",
    "noai@example.org",
    # --- other prohibitions
    "Without permission no part of this film may be shown in schools.",
    "Sampling prohibited. Includes an AI-assisted mix.",
    "Unlicensed training of dogs is prohibited.",
    "Copyright \u00a9 2020. Duplication, resale and rental forbidden.",
    "Toute reproduction interdite sans autorisation préalable.",
    "Jede Vervielfältigung bedarf der Zustimmung.",
    "Reproducción prohibida sin autorización.",
    "Riproduzione vietata senza autorizzazione.",
    "Lizenz: nur mit Namensnennung.",
    "Not to be sold separately. Promotional use only with permission.",
    "All rights reserved. Recorded in training camp, no audience.",
    "Exploration des grottes : accès interdit, aucune donnée",
    "Mining disaster of 1906, no survivors. Text by E. Zola.",
    "Licence CC BY-NC-ND 4.0: no derivatives, non-commercial.",
]


@pytest.mark.parametrize("text", MINING)
def test_mining(text: str):
    found = prose.sentence(text)
    assert found is not None
    assert found[1] == statement.MINING
    assert found[0] in text


@pytest.mark.parametrize("text", TRAINING)
def test_training(text: str):
    found = prose.sentence(text)
    assert found is not None
    assert found[1] == statement.TRAINING


@pytest.mark.parametrize("text", NOTHING)
def test_nothing(text: str):
    assert prose.sentence(text) is None


@pytest.mark.parametrize("text", ["x" * 10_000_000, "no " * 3_000_000, "AI train " * 100_000])
def test_of_a_long_text_the_beginning_counts(text: str):
    assert prose.sentence(text) == prose.sentence(text[: prose.MAX_TEXT])
    assert prose.sentence(text + "\nNo data mining.") is None


@given(st.text(max_size=300))
def test_any_text_is_read(text: str):
    found = prose.sentence(text)
    assert found is None or found[0] in text


def declaration(**changes: str) -> LangAlt:
    settings = [f"{key.replace('_', '.')}={value}" for key, value in changes.items()]
    return LangAlt(load("eu-tdm", settings).texts)


def test_ours_is_known_again():
    ours = declaration()
    assert prose.is_ours(ours)
    assert all(prose.is_ours(text) for _, text in ours.items)
    assert not prose.is_ours("© 2024 X")
    assert not prose.is_ours(LangAlt((*ours.items, ("it", "Altro"))))


def test_only_the_date_may_differ():
    old = declaration(declaration_date="2025-01-02")
    new = declaration(declaration_date="2026-03-04")
    assert old != new
    assert prose.same_declaration(old, new)
    assert prose.same_declaration(old.default, new.default)
    assert not prose.same_declaration(old, declaration(holder_name="Somebody else"))
    assert not prose.same_declaration("© 2024-01-01", "© 2025-01-01")
