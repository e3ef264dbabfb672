"""Titles as people write them, each with the seniority and the department a reader gives it ("-" for none)."""

from __future__ import annotations

# title | seniority | department
_TABLE = """
CEO | c_suite | executive
Chief Executive Officer | c_suite | executive
Founder & CEO | founder | executive
Co-Founder | founder | executive
Co-founder and CTO at Acme | founder | engineering
Founding Partner | founder | executive
Owner | owner | executive
Owner/Operator | owner | executive
Chief Financial Officer (CFO) | c_suite | finance
CFO | c_suite | finance
CTO | c_suite | engineering
Chief Technology Officer | c_suite | engineering
Chief Marketing Officer | c_suite | marketing
Chief Information Security Officer | c_suite | security
CISO | c_suite | security
CHRO | c_suite | hr
Chief People Officer | c_suite | hr
COO | c_suite | operations
Chief Operating Officer | c_suite | operations
Chief Product Officer | c_suite | product
Chief Data Officer | c_suite | data
Managing Director | c_suite | executive
President | c_suite | executive
Chairman of the Board | c_suite | executive
Vice President | vp | -
Vice President of Engineering | vp | engineering
VP Sales EMEA | vp | sales
SVP, Global Marketing | vp | marketing
Executive Vice President & General Counsel | vp | legal
Assistant Vice President | vp | -
Managing Partner | partner | executive
Partner at McKinsey & Company | partner | executive
Partner Manager | manager | sales
HR Business Partner | individual_contributor | hr
Head of Product | head | product
Head of People & Culture | head | hr
Global Head of Procurement | head | procurement
Head of IT | head | it
Chief of Staff | head | administration
General Counsel | head | legal
Director | director | -
Director of Sales | director | sales
Senior Director, Customer Success | director | customer_success
Sales Director DACH | director | sales
Art Director | director | design
Creative Director | director | design
IT Director | director | it
Associate Director, Clinical Operations | director | medical
Marketing Manager | manager | marketing
Product Manager | manager | product
Senior Product Manager | manager | product
Product Marketing Manager | manager | marketing
Engineering Manager | manager | engineering
Account Manager | manager | sales
Key Account Manager | manager | sales
Customer Success Manager | manager | customer_success
Office Manager | manager | administration
Project Manager | manager | operations
IT Project Manager | manager | it
Operations Manager | manager | operations
Plant Manager | manager | operations
Team Lead Customer Support | manager | customer_success
Store Manager | manager | operations
Supply Chain Manager | manager | operations
Community Manager | manager | marketing
Brand Manager | manager | marketing
Category Manager | manager | procurement
Risk Manager | manager | finance
Country Manager France | c_suite | executive
General Manager | head | executive
Software Engineer | individual_contributor | engineering
Senior Software Engineer | senior | engineering
Staff Software Engineer | senior | engineering
Principal Engineer | senior | engineering
Lead Developer | senior | engineering
Tech Lead | senior | engineering
Junior Web Developer | junior | engineering
Frontend Developer @ Acme | individual_contributor | engineering
Full-Stack Developer | individual_contributor | engineering
DevOps Engineer | individual_contributor | engineering
Site Reliability Engineer | individual_contributor | engineering
QA Engineer | individual_contributor | engineering
Data Scientist | individual_contributor | data
Senior Data Engineer | senior | data
Machine Learning Engineer | individual_contributor | data
Business Intelligence Analyst | individual_contributor | data
Security Engineer | individual_contributor | security
Information Security Officer | individual_contributor | security
Product Owner | individual_contributor | product
Product Designer | individual_contributor | design
UX/UI Designer | individual_contributor | design
Graphic Designer | individual_contributor | design
Account Executive | individual_contributor | sales
Sales Development Representative | individual_contributor | sales
Business Development Manager | manager | sales
Sales Engineer | individual_contributor | sales
Lead Generation Specialist | individual_contributor | -
Executive Assistant to the CEO | individual_contributor | administration
Personal Assistant | individual_contributor | administration
Accountant | individual_contributor | finance
Senior Accountant | senior | finance
Financial Analyst | individual_contributor | finance
Internal Auditor | individual_contributor | finance
Financial Controller | individual_contributor | finance
Payroll Specialist | individual_contributor | hr
Recruiter | individual_contributor | hr
Talent Acquisition Manager | manager | hr
Legal Counsel | individual_contributor | legal
Data Protection Officer | individual_contributor | legal
Compliance Officer | individual_contributor | legal
Attorney at Law | individual_contributor | legal
Buyer | individual_contributor | procurement
Registered Nurse | individual_contributor | medical
Professor of Physics | individual_contributor | education
Research Scientist | individual_contributor | research
Management Consultant | individual_contributor | consulting
Solutions Architect | senior | engineering
Marketing Intern | intern | marketing
Software Engineering Intern | intern | engineering
Management Trainee | intern | -
Working Student Marketing | intern | marketing
Assistant Manager | manager | -
Receptionist | individual_contributor | administration
Truck Driver | individual_contributor | operations
Copywriter | individual_contributor | marketing
Investor Relations Manager | manager | finance
Freelancer | owner | -
Self-employed | owner | -
Sales Manager, former CEO of Foo Ltd | manager | sales
ex-Google, Head of Design | head | design
Geschäftsführer | c_suite | executive
Geschäftsführerin | c_suite | executive
Geschaeftsfuehrer | c_suite | executive
Geschäftsführender Gesellschafter | c_suite | executive
Gründer & Geschäftsführer | founder | executive
Inhaberin | owner | executive
Inhaber der Muster GmbH | owner | executive
Vorstandsvorsitzender | c_suite | executive
Mitglied des Vorstands | c_suite | executive
Kaufmännischer Leiter | head | -
Vertriebsleiter | head | sales
Leiter Vertrieb | head | sales
Leiterin Marketing & Kommunikation | head | marketing
Leitung Einkauf | head | procurement
Abteilungsleiter | head | -
Bereichsleiterin Finanzen | head | finance
IT-Leiter | head | it
Leiter IT | head | it
Personalleiterin | head | hr
Teamleiter Kundenservice | manager | customer_success
Projektleiter | manager | operations
Filialleiter | manager | operations
Prokurist | director | -
Vertriebsmitarbeiter im Außendienst | individual_contributor | sales
Softwareentwickler (m/w/d) | individual_contributor | engineering
Softwareentwickler:in | individual_contributor | engineering
Senior Entwicklerin | senior | engineering
Wirtschaftsingenieur | individual_contributor | engineering
Buchhalterin | individual_contributor | finance
Controller | individual_contributor | finance
Sachbearbeiter Einkauf | individual_contributor | procurement
Assistentin der Geschäftsführung | individual_contributor | administration
Assistenz der Geschäftsführung | individual_contributor | administration
Personalreferent | individual_contributor | hr
Rechtsanwalt | individual_contributor | legal
Datenschutzbeauftragter | individual_contributor | legal
Unternehmensberaterin | individual_contributor | consulting
Werkstudent Softwareentwicklung | intern | engineering
Praktikantin Personal | intern | hr
Auszubildende | intern | -
Chefredakteur | head | marketing
Chefarzt | head | medical
Systemadministrator | individual_contributor | it
Steuerberater | individual_contributor | finance
Einkäufer | individual_contributor | procurement
Produktmanagerin | manager | product
Produktionsleiter | head | operations
Président Directeur Général | c_suite | executive
PDG | c_suite | executive
Directeur Général | c_suite | executive
Directrice générale adjointe | c_suite | executive
Gérant | c_suite | executive
Fondatrice | founder | executive
Co-fondateur | founder | executive
Directeur commercial | director | sales
Directrice Marketing | director | marketing
Directeur des Ressources Humaines | director | hr
DRH | director | hr
DAF | director | finance
Directeur administratif et financier | director | finance
DSI | director | it
Directeur des systèmes d'information | director | it
Directeur d'usine | director | operations
Responsable RH (H/F) | manager | hr
Responsable commercial | manager | sales
Responsable des achats | manager | procurement
Chef de projet | manager | operations
Chef de produit | manager | product
Cheffe de service | head | -
Chargée de communication | individual_contributor | marketing
Chargé de clientèle | individual_contributor | -
Développeur Full Stack | individual_contributor | engineering
Développeuse | individual_contributor | engineering
Ingénieur d'études | individual_contributor | engineering
Ingénieure logiciel | individual_contributor | engineering
Comptable | individual_contributor | finance
Contrôleur de gestion | individual_contributor | finance
Assistante de direction | individual_contributor | administration
Assistant commercial | individual_contributor | sales
Avocat associé | partner | legal
Stagiaire marketing | intern | marketing
Alternante RH | intern | hr
Acheteur | individual_contributor | procurement
Infirmière | individual_contributor | medical
Technico-commercial | individual_contributor | sales
Consultante senior | senior | consulting
Director General | c_suite | executive
Directora General | c_suite | executive
Consejero Delegado | c_suite | executive
Gerente General | c_suite | executive
Socio fundador | founder | executive
Fundadora y CEO | founder | executive
Propietario | owner | executive
Dueña | owner | executive
Socia | partner | -
Director Comercial | director | sales
Directora de Recursos Humanos | director | hr
Director Financiero | director | finance
Subdirector | director | -
Vicepresidente de Ventas | vp | sales
Jefe de Ventas | head | sales
Jefa de Proyecto | manager | operations
Gerente de Marketing | manager | marketing
Responsable de Compras | manager | procurement
Encargado de Almacén | manager | operations
Ingeniero de Software | individual_contributor | engineering
Desarrolladora Web | individual_contributor | engineering
Analista de Datos | individual_contributor | data
Contador | individual_contributor | finance
Abogada | individual_contributor | legal
Asistente de Dirección | individual_contributor | administration
Asesor comercial | individual_contributor | sales
Becario | intern | -
Profesora de Matemáticas | individual_contributor | education
Enfermera | individual_contributor | medical
Técnico de Mantenimiento | individual_contributor | engineering
Vendedor | individual_contributor | sales
Ninja | - | -
Human | - | -
... | - | -
工程师 | - | -
"""

TITLES: list[tuple[str, str, str]] = [
    (title.strip(), seniority.strip().replace("-", ""), department.strip().replace("-", ""))
    for title, seniority, department in (line.split("|") for line in _TABLE.strip().splitlines())
]
