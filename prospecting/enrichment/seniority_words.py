"""The patterns of titles.py for ranks: English, German, French, Spanish; written for folded text (no accents)."""

from __future__ import annotations

import re

Pattern = re.Pattern[str]


def any_of(*texts: str) -> Pattern:
    """One of `texts`, as whole words."""
    return re.compile(r"(?<!\w)(?:" + "|".join(texts) + r")(?!\w)")


# (pattern, seniority, confidence), in the order in which they count.
SENIORITIES: tuple[tuple[Pattern, str, float], ...] = (
    (any_of(
        r"interns?", r"internship", r"trainee", r"praktikant(?:in)?", r"praktikum", r"werkstudent(?:in)?",
        r"working student", r"stagiaire", r"stage", r"alternante?", r"alternance", r"apprentie?", r"apprentice",
        r"becari[oa]", r"en practicas", r"azubi", r"auszubildende[rn]?", r"volontar(?:in)?", r"student(?:in)?",
        r"aprendiz", r"pasante", r"doktorand(?:in)?", r"phd candidate", r"estudiante", r"etudiante?",
    ), "intern", 0.95),
    (any_of(
        r"(?:executive|personal|team|office|administrative|management|direktions|vorstands) ?assistant(?:in)?",
        r"assistante? (?:to|of|de|du|des|d|la|administrative?|commerciale?|rh|personnelle?)(?: la| l)?",
        r"\w*assistenz", r"assistenti?n? (?:der|des|vorstand|geschaftsf\w+)", r"\w*assistentin",
        r"asistente? (?:de|del|ejecutiv[oa]|administrativ[oa]|personal)", r"ayudante", r"secretar(?:y|ia|io)",
        r"secretaire", r"sekretar(?:in)?", r"ea to", r"pa to",
    ), "individual_contributor", 0.85),
    (any_of(
        r"(?:co ?-?)?founders?", r"founding (?:ceo|cto|partner|director|president)", r"\w*grunder(?:in)?",
        r"gruender(?:in)?", r"mitgrunder(?:in)?", r"(?:co ?-?)?fondateur", r"(?:co ?-?)?fondatrice",
        r"(?:co ?-?)?fundador[a]?", r"socio fundador", r"emprendedora?", r"entrepreneure?",
    ), "founder", 0.95),
    (any_of(
        r"(?<!product )(?<!process )(?<!service )(?<!data )(?<!system )(?<!account )(?<!business process )"
        r"(?<!project )(?<!platform )(?<!risk )(?<!application )(?:co ?-?)?owner(?! operator)",
        r"owner operator", r"\w*inhaber(?:in)?", r"proprietaire", r"propietari[oa]", r"duen[oa]",
        r"self ?-?employed", r"freelancer?", r"freiberufler(?:in)?", r"selbs(?:t)?standige?r?", r"autonomo",
        r"independante?", r"einzelunternehmer(?:in)?",
    ), "owner", 0.85),
    (any_of(
        r"(?:assistant |associate |senior |executive |first )*vice[ -]?president[ea]?s?", r"[saef]?e?vp",
        r"vice[ -]?presidente", r"vicepresident[ea]", r"vizeprasident(?:in)?", r"v\.? ?p",
    ), "vp", 0.95),
    (any_of(
        r"chief (?:\w+ ){0,3}?officer",
        r"chief (?:executive|financial|technology|operating|marketing|information|scientist|people|data|"
        r"product|revenue)",
        r"c(?:e|f|t|o|m|i|p|r|d|s|c|l|h|x|k)o", r"ciso", r"chro", r"chairm[ae]n", r"chairwoman",
        r"chair(?:person)?(?: of the board)?", r"board member", r"member of the board", r"president[ea]?",
        r"prasident(?:in)?", r"managing directors?", r"group managing director",
        r"gesch(?:a|ae)ftsf(?:u|ue)hr(?:er|erin|ung|ende\w*)", r"gesch(?:a|ae)ftsleit(?:er|erin|ung)", r"gf",
        r"vorst(?:a|ae)nd\w*(?<!assistenz)", r"aufsichtsrat\w*", r"generaldirektor(?:in)?",
        r"general ?bevollmachtigte[r]?", r"directeur general(?: adjoint| delegue)?",
        r"directrice generale(?: adjointe| deleguee)?", r"p-?d-?g", r"dg", r"dga", r"gerante?",
        r"administrateur delegue", r"director[a]? general", r"consejer[oa] delegad[oa]", r"gerente general",
        r"director[a]? gerente", r"administrador[a]? unic[oa]", r"administrador[a]? general", r"country manager",
        r"ceo/\w+",
    ), "c_suite", 0.9),
    (any_of(
        r"(?:managing|senior|general|equity|founding|junior|name|operating|venture|"
        r"investment) partner(?! (?:manager|marketing|success|sales))",
        r"(?<!business )(?<!hr )(?<!people )(?<!channel )(?<!talent )(?<!sales )(?<!technology )"
        r"(?<!finance )(?<!strategic )"
        r"partner(?:in)?(?! (?:\w+ ){0,2}(?:managers?|director|lead|marketing|success|development|sales|account|"
        r"engineer|specialist|relations|operations|program\w*))",
        r"associe[e]?(?: gerante?)?", r"soci[oa](?: director[a]?)?", r"gesellschafter(?:in)?",
    ), "partner", 0.8),
    (any_of(
        r"director[a]? (?:de|of) (?:obra|proyecto)",
    ), "manager", 0.7),
    (any_of(
        r"(?:sub)?director[ae]?s?", r"directeur", r"directrice", r"directeurs?", r"\w*direktor(?:in)?", r"d[rs]i",
        r"drh", r"daf", r"dsi", r"rssi", r"prokurist(?:in)?", r"dean", r"dekan(?:in)?",
    ), "director", 0.9),
    (any_of(
        r"teamle(?:iter(?:in)?|itung|ad)", r"team[ -]le(?:ad(?:er)?|iter(?:in)?|itung)",
        r"(?:\w*projekt|gruppen|schicht|bau|filial|markt|stations|baustellen|lager)leite(?:r|rin)",
        r"(?:\w*projekt|gruppen|schicht|bau|filial|markt)leitung",
        r"chef(?:fe)? d[eu]s? (?:projets?|produits?|secteur|chantier|equipe|marche|rayon|publicite)",
        r"chef(?:fe)? d equipe", r"jef[ea] de (?:proyectos?|productos?|equipo|obra|turno|tienda)",
    ), "manager", 0.85),
    (any_of(
        r"head(?! (?:chef|nurse|waiter|coach|teacher))", r"group head", r"chief of staff", r"chief",
        r"\w*leite(?:r|rin)", r"\w*leitung", r"ltg",
        r"chef(?:fe)? (?:du|de la|de) (?:service|departement|division|bureau|cabinet|pole)", r"jef[ea]",
        r"general manager", r"\w*chef(?:redakteur|arzt|ingenieur)(?:in)?", r"general counsel",
        r"principal(?= of\b| de\b)", r"headmaster", r"schulleiter(?:in)?", r"secretaire general[e]?",
        r"bereichsvorstand",
    ), "head", 0.85),
    (any_of(
        r"lead generation", r"lead gen", r"leads? specialist",
    ), "individual_contributor", 0.7),
    (any_of(
        r"\w*manager(?:in)?s?", r"mgr", r"supervisor[a]?", r"gerente", r"subgerente", r"responsable",
        r"encargad[oa]", r"gestionnaire", r"superintendent", r"foreman", r"superviseure?",
        r"(?:marketing|sales|design|product|engineering|project|people|hr|finance|operations|program|"
        r"support|customer success|content|growth) lead",
        r"vertriebsleiter(?:in)?", r"capataz", r"meister(?:in)?", r"contremaitre", r"administrator of nursing",
        r"chargee? d affaires",
    ), "manager", 0.75),
    (any_of(
        r"senior", r"sr", r"snr", r"principal",
        r"staff (?:\w+ )?(?:engineer|scientist|designer|developer|architect|researcher)", r"lead",
        r"(?:tech|technical) lead", r"\w*archite[ck]t(?:in|e|a)?", r"architecte", r"distinguished", r"fellow",
        r"expert[ea]?", r"confirmee?", r"experimentad[oa]", r"sachverstandige[r]?", r"oberarzt", r"oberarztin",
    ), "senior", 0.8),
    (any_of(
        r"junior", r"jr", r"entry[ -]level", r"graduate", r"debutante?", r"assistante?(?! professor)",
        r"assistent", r"berufseinsteiger(?:in)?", r"auxiliar", r"aide",
    ), "junior", 0.8),
)  # fmt: skip

# Words of work without a rank and without a department of ours.
UNTITLED = any_of(
    r"\w*berater(?:in)?", r"consultante?", r"conseillere?", r"consultora?", r"specialist(?:e|in)?", r"especialista",
    r"spezialist(?:in)?", r"analyst(?:e|in)?", r"analista", r"coordinat(?:or|rice|eur)", r"coordinadora?",
    r"koordinator(?:in)?", r"officer", r"representative", r"\w*referent(?:in)?", r"sachbearbeiter(?:in)?",
    r"chargee? d[e ]\w*", r"tecnic[oa]", r"techniker(?:in)?", r"technicien(?:ne)?", r"technician", r"advisor",
    r"adviser", r"agent", r"associate", r"mitarbeiter(?:in)?",
)  # fmt: skip
