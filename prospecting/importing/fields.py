"""What can be said of a person on the way in, under the names that partners use."""

from __future__ import annotations

PERSON = (
    "firstName", "lastName", "name", "headline", "about", "photoUrl", "linkedinUrl", "publicIdentifier", "title",
    "seniority", "department", "location", "country", "email", "phone",
)  # fmt: skip
COMPANY = (
    "companyName", "companyDomain", "companyWebsite", "companyIndustry", "companyLinkedinUrl",
    "companyLinkedinIdentifier", "companyFeedUrl",
)  # fmt: skip
OTHERS = ("providerId", "personId", "consent")
FIELDS = (*PERSON, *COMPANY, *OTHERS)

# Each field's own name is known besides these. What stands first is taken first when a file has two of them.
SYNONYMS: dict[str, str] = {
    "firstName": "first name, given name, forename, fname, first, vorname, rufname, prénom, nombre, nome, primeiro"
    " nome, voornaam, förnamn, fornavn, etunimi, imię, jméno, ad, имя",
    "lastName": "last name, surname, family name, lname, last, nachname, familienname, nom, nom de famille, apellido,"
    " apellidos, cognome, sobrenome, achternaam, efternamn, etternavn, efternavn, sukunimi, nazwisko, příjmení, soyad,"
    " фамилия",
    "name": "full name, name, contact name, person, contact, lead, lead name, display name, vollständiger name,"
    " vor und nachname, ansprechpartner, kontakt, nom complet, nombre completo, nome completo, volledige naam",
    "headline": "headline, linkedin headline, profile headline, tagline",
    "about": "about, summary, bio, biography, profile summary, über, über mich",
    "photoUrl": "photo url, photo, picture, picture url, profile picture, profile image, profile image url, avatar,"
    " image url, foto",
    "linkedinUrl": "linkedin url, linkedin, linkedin profile, linkedin profile url, person linkedin url, profile url,"
    " linkedin link, linkedin address, profile link, defaultprofileurl, public profile url, linkedin profil",
    "publicIdentifier": "public identifier, linkedin id, linkedin handle, linkedin username, vanity name, public id",
    "title": "job title, title, position, role, current position, current title, occupation, funktion,"
    " berufsbezeichnung, stelle, jobtitel, rolle, titre, poste, fonction, cargo, puesto, titolo, posizione, ruolo,"
    " functie, titel, stanowisko, pozice, unvan, должность",
    "seniority": "seniority, seniority level, job level, management level, level, hierarchieebene",
    "department": "department, departments, function, job function, abteilung, département, departamento, reparto,"
    " afdeling, avdelning, dział",
    "location": "location, city, person location, address, ort, standort, stadt, wohnort, ville, lieu, ciudad,"
    " ubicación, città, cidade, localização, plaats, stad, miasto",
    "country": "country, country code, person country, land, staat, pays, país, paese, kraj, země, ülke, страна",
    "email": "work email, business email, email, e mail, email address, e mail address, mail, primary email,"
    " corporate email, email 1, geschäftliche e mail, e mail adresse, emailadresse, courriel, adresse e mail,"
    " adresse mail, correo, correo electrónico, indirizzo email, e mailadres, e post, sähköposti, e posta,"
    " эл почта, personal email",
    "phone": "work phone, business phone, direct phone, phone, phone number, telephone, mobile, mobile phone, cell,"
    " cell phone, telefon, telefonnummer, rufnummer, mobil, handy, mobilnummer, téléphone, teléfono, telefono,"
    " telefone, telefoon, puhelin, телефон, corporate phone",
    "companyName": "company name, company, organization, organisation, organization name, account, account name,"
    " employer, current company, firma, firmenname, unternehmen, arbeitgeber, société, entreprise, empresa, compañía,"
    " azienda, società, bedrijf, företag, firmanavn, yritys, şirket, компания",
    "companyDomain": "company domain, domain, company domain name, organization domain, email domain, domäne,"
    " firmendomain, domaine, dominio",
    "companyWebsite": "company website, website, company url, homepage, web site, website url,"
    " company website url, url, webseite, internetseite, webadresse, firmenwebsite, site web, sitio web,"
    " sito web, site, strona www",
    "companyIndustry": "company industry, industry, sector, branche, industrie, secteur, sector, industria, settore,"
    " setor, branża",
    "companyLinkedinUrl": "company linkedin url, company linkedin, linkedin company url, company linkedin page,"
    " organization linkedin url, linkedin company page",
    "companyLinkedinIdentifier": "company linkedin identifier, company linkedin id, company linkedin handle",
    "companyFeedUrl": "company feed url, feed url, rss, rss feed, rss url, news feed, blog feed, feed",
    "providerId": "provider id, external id, record id, contact id, lead id, id, crm id, kunden id, kontakt id",
    "personId": "person id",
    "consent": "consent, opt in, optin, gdpr consent, marketing consent, lawful basis, einwilligung, zustimmung,"
    " consentement, consentimiento, consenso, samtycke",
}
