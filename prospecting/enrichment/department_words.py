"""The patterns of titles.py for departments: English, German, French, Spanish; written for folded text (no accents)."""

from __future__ import annotations

from prospecting.enrichment.seniority_words import Pattern, any_of

# Phrases that name a department though their words alone would name another, in the order in which they count.
PHRASES: tuple[tuple[Pattern, str], ...] = (
    (any_of(
        r"(?:executive|personal|office|administrative|management) assistant(?:in)?",
        r"assistante? (?:de |la )*direction", r"assistenz der geschaftsf\w+",
        r"assistant to the (?:ceo|cfo|president|managing director|board)", r"assistentin der geschaftsf\w+",
        r"asistente? (?:de direccion|ejecutiv[oa]|administrativ[oa]|de gerencia)", r"office manager(?:in)?",
        r"secretar(?:y|ia|io)", r"secretaire", r"sekretar(?:in)?", r"chief of staff", r"ea to", r"receptionist",
        r"empfang\w*",
    ), "administration"),
    (any_of(
        r"product marketing", r"marketing produit", r"produktmarketing",
        r"marketing (?:operations|automation|technology|analyst|data)", r"growth marketing", r"social media",
        r"public relations", r"relations? publi\w+", r"media relations", r"unternehmenskommunikation",
        r"community manager(?:in)?", r"brand manager(?:in)?",
    ), "marketing"),
    (any_of(
        r"customer (?:success|support|service|care|experience)", r"client (?:success|services?|support)",
        r"service client(?:e|s)?", r"relation client", r"kunden(?:service|betreuung|dienst|support|erfolg)\w*",
        r"atencion al cliente", r"technical support", r"help ?desk",
        r"support (?:engineer|specialist|manager|agent)", r"call cent(?:er|re)\w*",
    ), "customer_success"),
    (any_of(
        r"sales (?:engineer|operations|development|enablement|manager)\w*", r"solutions? engineer",
        r"pre-? ?sales", r"technico-? ?commercial[e]?", r"vertriebs(?:ingenieur|innendienst|aussendienst)\w*",
        r"business develop\w*", r"account (?:executive|manager|director)(?:in)?s?", r"key account\w*",
        r"inside sales", r"revenue operations", r"developpement commercial", r"desarrollo de negocio",
        r"partner(?:ship)?s? (?:manager|director|sales|development)", r"charge[e]? d affaires",
        r"ingenieur d affaires", r"kundenberater(?:in)?",
    ), "sales"),
    (any_of(
        r"(?:information|cyber|it|network|cloud|application|product) ?-?security", r"cybersecurity",
        r"cybersecurite", r"ciberseguridad", r"seguridad informatica", r"securite informatique",
        r"securite des systemes d information", r"informationssicherheit\w*", r"it-?sicherheit\w*", r"ciso",
        r"rssi", r"security (?:engineer|analyst|architect|officer|operations)", r"penetration tester",
        r"pentester", r"soc analyst", r"devsecops",
    ), "security"),
    (any_of(
        r"data (?:scientist|science|engineer\w*|analyst\w*|analytics|platform|architect|governance|warehouse)",
        r"machine learning", r"business intelligence", r"artificial intelligence", r"deep learning", r"big data",
        r"kunstliche intelligenz", r"intelligence artificielle", r"inteligencia artificial", r"ciencia de datos",
        r"cientific[oa] de datos", r"analista de datos", r"ingenier[oa] de datos", r"analyste de donnees",
        r"(?:ai|ml|ki) (?:engineer|researcher|lead|scientist)", r"datenanalyst(?:in)?",
        r"datenwissenschaftler(?:in)?", r"chief data officer", r"bi (?:analyst|developer|manager|consultant)",
    ), "data"),
    (any_of(
        r"product (?:manager|management|owner|lead|director|analyst)",
        r"(?:chief|head of|vp|director of|vp of) product", r"produktmanag\w*", r"produktentwickl\w*leit\w*",
        r"chef(?:fe)? de produit", r"jef[ea] de producto", r"responsable produit", r"directeur produit",
    ), "product"),
    (any_of(
        r"(?:ux|ui|product|graphic|visual|interaction|web|industrial|service|motion|"
        r"user experience) ?(?:/ ?ui )?design\w*",
        r"ux ?/ ?ui", r"ux research\w*", r"art director", r"creative director", r"direct(?:eur|rice) artistique",
        r"director[a]? (?:de arte|creativ[oa])", r"grafikdesign\w*", r"mediengestalter(?:in)?",
        r"user (?:experience|interface)", r"disenador[a]? (?:grafic[oa]|ux|web|de producto)",
    ), "design"),
    (any_of(
        r"(?:it|edv|ict) (?:manager|director|support|administrator|operations|service|services|"
        r"consultant|specialist|system\w*|leiter\w*|proje[ck]t\w*|infrastructure|admin)",
        r"head of it", r"leiter(?:in)? (?:der )?(?:it|edv)",
        r"it-?(?:leiter|leitung|berater|systemadmin\w*|admin\w*|manager|projekt\w*|support|spezialist\w*|"
        r"consultant)\w*",
        r"system\w* ?-?admin\w*", r"network (?:engineer|admin\w*)", r"information technology",
        r"systemes? d information", r"administrateur systemes?\w*", r"sistemas de informacion",
        r"tecnologias? de la informacion", r"informatik(?:er|erin|leiter)?", r"enterprise architect",
        r"database administrator", r"dsi", r"sap (?:consultant|berater\w*|manager)", r"responsable informatique",
        r"administrador[a]? de sistemas",
    ), "it"),
    (any_of(
        r"human resources?", r"recursos humanos", r"ressources humaines", r"hr business partner",
        r"people (?:operations|partner|and culture|& culture|business partner|officer|manager)",
        r"talent (?:acquisition|management|partner)", r"(?:chief|vp|head of|director of) people",
        r"employer branding",
        r"personal(?:wesen|leiter|leiterin|leitung|referent|referentin|entwickl\w*|manager|abteilung|"
        r"sachbearbeit\w*|berater\w*|chef\w*)",
        r"gestion de personal", r"learning and development", r"compensation and benefits", r"payroll",
        r"gestionnaire de? paie", r"lohnbuchhalt\w*",
    ), "hr"),
    (any_of(
        r"(?:quality|software|test|automation) (?:assurance|test(?:er|ing)?)",
        r"qa (?:engineer|lead|manager|analyst|tester)", r"site reliability", r"full ?-?stack", r"front ?-?end",
        r"back ?-?end", r"embedded (?:software|systems)", r"research and development",
        r"recherche et developpement", r"investigacion y desarrollo", r"r&d", r"f&e",
        r"forschung (?:und|&) entwicklung", r"chief technology officer", r"vp of engineering",
        r"technical (?:director|lead)", r"tech lead", r"direct(?:eur|rice) technique", r"director[a]? tecnic[oa]",
        r"technischer (?:leiter|direktor|geschaftsfuhrer)",
    ), "engineering"),
    (any_of(
        r"supply chain", r"(?:chief operating|chief operations) officer",
        r"project (?:manager|management|director|coordinator|lead)",
        r"program(?:me)? (?:manager|management|director)", r"chef(?:fe)? de projets?", r"jef[ea] de proyectos?",
        r"projekt(?:leiter|leiterin|leitung|manager|managerin|management)",
        r"director[a]? de (?:operaciones|planta|fabrica)", r"plant manager",
        r"operations? (?:manager|director|analyst|lead)", r"facilit(?:y|ies) manager\w*", r"werks?leiter(?:in)?",
        r"direct(?:eur|rice) (?:d )?usine", r"chef(?:fe)? d equipe", r"chef(?:fe)? de chantier",
        r"store manager(?:in)?", r"filialleiter(?:in)?", r"gestor[a]? de proyectos",
    ), "operations"),
    (any_of(
        r"investor relations", r"financial (?:planning|analyst|controller|advisor|officer)",
        r"(?:investment|private|corporate) (?:banking|banker|equity|manager|analyst|director)",
        r"mergers? (?:and|&) acquisitions?", r"m&a", r"wealth manag\w*", r"portfolio manager(?:in)?",
        r"asset manag\w*", r"credit (?:risk|analyst|manager)", r"risk (?:manager|management|analyst|officer)",
        r"relationship manager", r"controle de gestion", r"controleur de gestion", r"contrôle de gestion",
    ), "finance"),
    (any_of(
        r"(?:data protection|privacy) (?:officer|counsel|manager)", r"general counsel",
        r"compliance (?:officer|manager|director|analyst|specialist)", r"company secretary",
        r"datenschutzbeauftragte[r]?", r"secretaire general[e]?", r"in-?house counsel", r"corporate counsel",
    ), "legal"),
)  # fmt: skip

# Single words; the first in the title counts.
DEPARTMENTS: tuple[tuple[Pattern, str], ...] = (
    (any_of(
        r"engineer(?:s|ing)?", r"\w*developer(?:s|in)?", r"programmer", r"software", r"\w*entwickl(?:er|erin|ung)",
        r"\w*ingenieur(?:e|in)?", r"\w*ingenieure?", r"developpeu(?:r|se)", r"desarrolladora?", r"ingenier[oa]",
        r"ingenieria", r"programador[a]?", r"devops", r"cto", r"ctio", r"architect", r"technology",
        r"technolog\w+", r"tech", r"technik", r"\w*techniker(?:in)?", r"qa", r"tester(?:in)?",
        r"\w*konstrukteur(?:in)?", r"technique", r"tecnologia", r"mechatroniker(?:in)?", r"elektriker(?:in)?",
        r"sre", r"scrum master", r"agile coach", r"technicien(?:ne)?", r"technician", r"tecnic[oa]",
        r"softwarearchitekt(?:in)?",
    ), "engineering"),
    (any_of(
        r"products?", r"produit", r"producto", r"produkt", r"cpo",
    ), "product"),
    (any_of(
        r"design(?:er|erin)?", r"ux", r"ui", r"creative", r"disenador[a]?", r"diseno", r"graphiste", r"kreativ\w*",
        r"illustrator(?:in)?",
    ), "design"),
    (any_of(
        r"data", r"analytics", r"donnees", r"datos", r"daten", r"statistician", r"statistiker(?:in)?", r"bi",
        r"ai", r"ki",
    ), "data"),
    (any_of(
        r"it", r"edv", r"ict", r"cio", r"informatique", r"informatica", r"informatik", r"informaticien(?:ne)?",
        r"sysadmin", r"systems", r"sistemas", r"systemes", r"infrastructure", r"cloud", r"sap",
    ), "it"),
    (any_of(
        r"security", r"sicherheit\w*", r"securite", r"seguridad",
    ), "security"),
    (any_of(
        r"sales", r"\w*vertrieb(?:s\w*)?", r"verkauf(?:s\w*|er|erin)?", r"\w*verkaufer(?:in)?", r"ventes?",
        r"ventas", r"commercial[e]?", r"commerciaux", r"comercial", r"vendedor[a]?", r"vendeu(?:r|se)", r"bdr",
        r"sdr", r"cro", r"revenue", r"aussendienst\w*", r"salesperson", r"salesman", r"partnerships?",
        r"alliances", r"growth", r"\w*kundenmanager\w*", r"grands comptes", r"cco",
    ), "sales"),
    (any_of(
        r"\w*marketing\w*", r"cmo", r"brand", r"communications?", r"\w*kommunikation\w*", r"comunicacion(?:es)?",
        r"seo", r"sea", r"content", r"copywriter", r"pr", r"press", r"presse\w*", r"werbung", r"publicite",
        r"publicidad", r"mercadeo", r"mercadotecnia", r"advertising", r"events?", r"editor", r"redakt\w+",
        r"chefredakt\w+", r"journalist(?:e|in)?", r"periodista", r"redacteur", r"redactrice", r"media",
    ), "marketing"),
    (any_of(
        r"support", r"kundendienst\w*", r"csm", r"client", r"customer", r"onboarding",
    ), "customer_success"),
    (any_of(
        r"financ(?:e|es|ial|ials|iere?|iero|iera)", r"finanz(?:en|\w*)", r"finanzas", r"cfo",
        r"account(?:ing|ant|ants)", r"\w*buchhalt(?:er|erin|ung)\w*", r"comptab(?:le|ilite)",
        r"contab(?:le|ilidad)", r"contador[a]?", r"controll(?:er|erin|ing)", r"controleur", r"treasur(?:er|y)",
        r"tresor(?:ier|iere|erie)", r"tesorer[oia]+", r"audit(?:or|eur|oria|rice)?", r"wirtschaftsprufer(?:in)?",
        r"steuer\w*", r"tax", r"fiscal(?:iste)?", r"daf", r"investments?", r"investors?",
        r"bank(?:er|ing|kaufmann|kauffrau)?", r"actuary", r"aktuar(?:in)?", r"bookkeeper", r"billing", r"fp&a",
        r"insurance", r"versicherung\w*", r"assurance", r"underwriter", r"risk",
    ), "finance"),
    (any_of(
        r"legal", r"lawyer", r"attorney", r"counsel", r"solicitor", r"paralegal", r"jurist(?:e|in)?", r"juridique",
        r"juridic[oa]", r"\w*recht(?:s\w*)?", r"rechtsanw\w+", r"avocate?", r"abogad[oa]", r"notar(?:in)?",
        r"notaire", r"compliance", r"clo", r"privacy", r"syndikus\w*", r"regulatory",
    ), "legal"),
    (any_of(
        r"hr", r"rh", r"rrhh", r"drh", r"rrh", r"chro", r"recruit(?:er|ing|ment|erin)", r"recruteu(?:r|se)",
        r"recrutement", r"reclutador[a]?", r"personal(?:er|wesen)?", r"people", r"talent", r"headhunter",
        r"seleccion", r"personalwesen", r"sourcer",
    ), "hr"),
    (any_of(
        r"procurement", r"purchas(?:ing|er)", r"buyer", r"\w*einkauf(?:s\w*)?", r"\w*einkaufer(?:in)?", r"achats?",
        r"acheteu(?:r|se)", r"compras", r"comprador[a]?", r"sourcing", r"beschaffung\w*", r"approvisionn\w+",
        r"category manager",
    ), "procurement"),
    (any_of(
        r"operations?", r"operaciones", r"operativ\w*", r"coo", r"logisti(?:cs|que|k|ca|cien|cienne|ker)",
        r"\w*logisti\w+", r"warehouse", r"lager\w*", r"produktion\w*", r"production", r"produccion",
        r"manufacturing", r"fertigung\w*", r"\w*qualitat\w*", r"quality", r"qualite", r"calidad", r"maintenance",
        r"mantenimiento", r"instandhaltung\w*", r"facility", r"betriebs\w*", r"exploitation", r"driver",
        r"fahrer(?:in)?", r"chauffeur", r"conductor[a]?", r"construction", r"\w*bauleiter(?:in)?", r"hse",
        r"schichtleiter(?:in)?", r"almacen", r"entrepot", r"planner", r"disponent(?:in)?", r"projet",
        r"proyectos?", r"projekte?", r"retail",
    ), "operations"),
    (any_of(
        r"research(?:er)?", r"scientist", r"wissenschaftler(?:in)?", r"forsch(?:er|erin|ung)\w*",
        r"cherche(?:ur|use)", r"investigador[a]?", r"recherche", r"laboratory", r"labor\w*", r"laboratoire",
        r"scientifique", r"cientific[oa]", r"chemi(?:st|ker|kerin)", r"biolog(?:ist|e|in)",
    ), "research"),
    (any_of(
        r"nurse", r"nursing", r"physician", r"doctor", r"\w*arzt", r"\w*arztin", r"medecin", r"medic[oa]",
        r"medical", r"medizin\w*", r"enfermer[oa]", r"infirmiere?", r"krankenpfleger(?:in)?", r"krankenschwester",
        r"pflege\w*", r"pharmac(?:ist|ien|ienne|eutical)", r"apotheker(?:in)?", r"farmaceutic[oa]", r"surgeon",
        r"chirurg\w*", r"dentist(?:e|a)?", r"zahnarzt\w*", r"therap(?:ist|eut|eutin|eute)", r"physiotherap\w+",
        r"veterinar\w*", r"psycholog(?:ist|e|in|ue)?", r"psicolog[oa]", r"clinical", r"paramedic", r"health",
    ), "medical"),
    (any_of(
        r"teacher", r"professor(?:in)?", r"\w*lehrer(?:in)?", r"lecturer", r"dozent(?:in)?", r"enseignante?",
        r"professeure?", r"profesor[a]?", r"docente", r"maestr[oa]", r"education", r"trainer(?:in)?", r"formateur",
        r"formatrice", r"formador[a]?", r"tutor(?:in)?", r"dean", r"dekan(?:in)?", r"school", r"erzieher(?:in)?",
        r"instructor[a]?", r"coach",
    ), "education"),
)  # fmt: skip

# What counts only where nothing above names a department: the kind of work, or the rank itself.
FUNCTIONS: tuple[tuple[Pattern, str], ...] = (
    (any_of(
        r"consult(?:ant|ante|ing|or|ora)", r"\w*berat(?:er|erin|ung)", r"unternehmensberat\w+", r"conseil",
        r"conseillere?", r"consultoria", r"advisory", r"strategy", r"strategie", r"estrategia", r"asesor[a]?",
        r"conseiller",
    ), "consulting"),
    (any_of(
        r"administrat(?:ion|ive|if)", r"verwaltung\w*", r"administrativ[oa]", r"administracion", r"clerk",
        r"\w*sachbearbeit(?:er|erin|ung)", r"office", r"buro\w*", r"\w*assistenz", r"\w*assistentin",
    ), "administration"),
    (any_of(
        r"ceo", r"c[- ]?e[- ]?o", r"chief executive(?: officer)?", r"(?:co ?-?)?founders?",
        r"(?<!vice )(?<!vice-)president[ea]?", r"managing directors?", r"managing partner",
        r"gesch(?:a|ae)ftsf(?:u|ue)hr\w+", r"gesch(?:a|ae)ftsleit\w+", r"gf", r"vorst(?:a|ae)nd\w*", r"pdg", r"dg",
        r"direct(?:eur|rice) generale?(?: adjointe?)?", r"gerante?", r"director[a]? general",
        r"consejer[oa] delegad[oa]", r"gerente general", r"director[a]? gerente", r"chair(?:man|woman|person)?",
        r"owner", r"inhaber(?:in)?", r"\w*grunder(?:in)?", r"(?:co ?-?)?fondat(?:eur|rice)",
        r"(?:co ?-?)?fundador[a]?", r"general manager", r"generaldirektor(?:in)?", r"board member",
        r"aufsichtsrat\w*", r"proprietaire", r"propietari[oa]", r"duen[oa]", r"country manager",
        r"gesellschafter(?:in)?", r"soci[oa] director[a]?", r"administrador[a]? unic[oa]", r"executive director",
        r"partner",
    ), "executive"),
)  # fmt: skip
