"""How text reads as a number, an instant or a boolean: patterns (RE2 and re alike) and DuckDB macros.

Numbers: sign, thousands in groups of three (by comma or point, space, apostrophe), a currency symbol or ISO
4217 code before or after, scientific notation; exact, rounded half-even to 4 places.
Times: ISO 8601 dates and times, YYYY/MM/DD, DD.MM.YYYY, and MM/DD/YYYY or DD/MM/YYYY (also with dashes), each
with an optional clock (24 h or AM/PM, fractions cut to microseconds) and zone (Z, UTC, +02:00, +0200, +02).
No leap seconds, no 24:00, no dates the calendar lacks: those read as nothing.
"""

from __future__ import annotations

BLANKS = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + ("\u2028\u2029\u202f\u205f\u3000")
)
BOOLEANS = {
    **dict.fromkeys(("true", "yes", "y", "1", "t", "on"), True),
    **dict.fromkeys(("false", "no", "n", "0", "f", "off"), False),
}
_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLF CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR
    KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
    UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG ZWL
"""

# Numbers
_SPACE = "[ \u00a0\u2009\u202f]"
_SIGN = "[-+\u2212]"
_ISO_CODE = "|".join(_CODES.split())
_SYMBOL = "[A-Z]{0,2}[$¢£¤¥֏؋৳฿៛₠-⃀]"


def _number(mark: str, thousands: str, code: str = _ISO_CODE) -> str:
    currency = f"(?:{code}|{_SYMBOL}){_SPACE}?"
    before = f"(?:{_SIGN}{_SPACE}?(?:{currency})?|{currency}(?:{_SIGN}{_SPACE}?)?)?"
    after = f"(?:{_SPACE}?(?:{code}|{_SYMBOL}))?"
    groups = "|".join(f"(?:{by}[0-9]{{3}})+" for by in (thousands, _SPACE, "['\u2019]"))
    grouped = f"[1-9][0-9]{{0,2}}(?:{groups})(?:{mark}[0-9]*)?"
    plain = f"(?:[0-9]+(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?"
    return f"{before}(?:{grouped}|{plain}){after}"


NUMBER_POINT = _number("[.]", ",")
NUMBER_COMMA = _number(",", "[.]")
SIMPLE = "[+-]?[0-9]{1,14}(?:[.][0-9]{1,4})?"
INTEGER = "[+-]?[0-9]{1,14}"
# The simple numbers that read with a decimal comma too: 1.234 may be a thousand and more.
SIMPLE_COMMA = "[+-]?(?:[0-9]{1,14}|[1-9][0-9]{0,2}[.][0-9]{3})"
EPOCH = "[1-9][0-9]{8,13}"
EPOCH_SECONDS = (10**8, 10**11)
EPOCH_MILLIS = (10**11, 10**14)

# Times
_MINUTES = "[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?"
_ZONE = "(?:[Zz]|UTC|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
_HALF = "[AaPp][.]?[Mm][.]?"
_HOURS = f"(?:[01]?[0-9]|2[0-3]):{_MINUTES}|(?:0?[1-9]|1[0-2]):{_MINUTES} ?{_HALF}"
_CLOCK = f"(?:(?:[Tt]| {{1,2}})(?:{_HOURS})(?: ?{_ZONE})?)?"
_CROSSED = "(?:[0-9]{1,2}/[0-9]{1,2}/|[0-9]{1,2}-[0-9]{1,2}-)[0-9]{4}"
_STRAIGHT = "[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}|[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}"
TIME = f"(?:{_STRAIGHT}|{_CROSSED}){_CLOCK}"
# Whatever could be a number or a time. Any three letters will do for a currency: the list of codes takes
# milliseconds to compile, for each column that asks.
CANDIDATE = "|".join((_number("[.]", ",", "[A-Z]{3}"), _number(",", "[.]", "[A-Z]{3}"), TIME))
TIME_CROSSED = f"{_CROSSED}{_CLOCK}"
STAMP = "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"


def literal(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _full(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def _part(text: str, pattern: str, group: int = 0) -> str:
    return f"regexp_extract({text}, {literal(pattern)}, {group})"


_WORDS = "|".join(BOOLEANS)
_TRUE = "|".join(word for word, means in BOOLEANS.items() if means)


_NOT_POINT = literal("[,'\u2019 \u00a0\u2009\u202f]")
_NOT_COMMA = literal("[.'\u2019 \u00a0\u2009\u202f]")
_NEGATIVE = literal("^[^0-9.,]*[-\u2212]")
_DOTTED = literal("^[0-9]{1,2}[.]")
# What follows the fourth place is more than a half, or a half beside an odd digit.
_ROUNDS_UP = literal("[.][0-9]{3}(?:[0-9](?:[6-9]|5[0-9]*[1-9])|[13579]50*$)")

# Each macro takes trimmed text, or what another made of it. Only rare values reach those that cut text up:
# `number_*` and `time_us` try the common shapes first. No IN: DuckDB makes a join of a longer list, and rows
# would leave it out of order.
MACROS = f"""
CREATE MACRO trimmed(t) AS trim(t, {literal(BLANKS)});
CREATE MACRO is_simple(t) AS {_full("t", SIMPLE)};
CREATE MACRO is_simple_comma(t) AS {_full("t", SIMPLE_COMMA)};
CREATE MACRO is_integer(t) AS {_full("t", INTEGER)};
CREATE MACRO is_epoch(t) AS {_full("t", EPOCH)};
CREATE MACRO is_point(t) AS {_full("t", NUMBER_POINT)};
CREATE MACRO is_comma(t) AS {_full("t", NUMBER_COMMA)};
CREATE MACRO is_time(t) AS {_full("t", TIME)};
CREATE MACRO is_candidate(t) AS {_full("t", CANDIDATE)};
CREATE MACRO is_crossed(t) AS {_full("t", TIME_CROSSED)};
CREATE MACRO is_stamp(t) AS {_full("t", STAMP)};

CREATE MACRO half_even(u, minus) AS TRY_CAST(
  TRY_CAST(minus || '0' || {_part("u", "^[0-9]*(?:[.][0-9]{0,4})?")} AS DECIMAL(20, 4))
  + TRY_CAST(CASE WHEN regexp_matches(u, {_ROUNDS_UP}) THEN minus || '0.0001' ELSE '0' END AS DECIMAL(20, 4))
  AS DECIMAL(18, 4));
CREATE MACRO shifted_by(digits, places) AS CASE
  WHEN places <= 0 THEN '0.' || repeat('0', -places) || digits
  ELSE rpad(left(digits, places), places::INTEGER, '0') || '.' || substr(digits, places + 1) END;
CREATE MACRO shifted(mantissa, exponent) AS shifted_by(
  replace(mantissa, '.', ''), strpos(mantissa || '.', '.') - 1 + TRY_CAST(exponent AS BIGINT));
CREATE MACRO plain(u) AS
  CASE WHEN contains(u, 'e') THEN shifted(split_part(u, 'e', 1), split_part(u, 'e', 2)) ELSE u END;
CREATE MACRO signed(t, u) AS half_even(
  plain(u), CASE WHEN regexp_matches(t, {_NEGATIVE}) THEN '-' ELSE '' END);
CREATE MACRO number_body(t, dropped) AS
  lower(regexp_replace({_part("t", "[0-9.,](?:.*[0-9.,])?")}, dropped, '', 'g'));
CREATE MACRO number_point(t) AS CASE WHEN is_simple(t) THEN TRY_CAST(t AS DECIMAL(18, 4))
  WHEN is_point(t) THEN signed(t, number_body(t, {_NOT_POINT})) END;
CREATE MACRO number_comma(t) AS CASE WHEN is_integer(t) THEN TRY_CAST(t AS DECIMAL(18, 4))
  WHEN is_comma(t) THEN signed(t, replace(number_body(t, {_NOT_COMMA}), ',', '.')) END;

CREATE MACRO date_from(d, day_first) AS TRY_CAST(CASE
  WHEN strpos(d, '-') = 5 THEN CASE WHEN left(d, 4) > '0000' THEN d END
  WHEN right(d, 4) = '0000' THEN NULL
  WHEN day_first THEN right(d, 4) || '-' || split_part(d, '-', 2) || '-' || split_part(d, '-', 1)
  ELSE right(d, 4) || '-' || split_part(d, '-', 1) || '-' || split_part(d, '-', 2) END AS DATE);
CREATE MACRO date_of(t, day_first) AS date_from(
  translate({_part("t", "^[0-9]+[-/.][0-9]+[-/.][0-9]+")}, '/.', '--'),
  day_first OR regexp_matches(t, {_DOTTED}));
CREATE MACRO hour_of(t, h) AS CASE WHEN regexp_matches(t, '[Pp][.]?[Mm]') THEN h % 12 + 12
  WHEN regexp_matches(t, '[Aa][.]?[Mm]') THEN h % 12 ELSE h END;
CREATE MACRO clock_us(t) AS
  hour_of(t, coalesce(TRY_CAST({_part("t", "[Tt ]([0-9]{1,2}):", 1)} AS BIGINT), 0)) * 3600000000
  + coalesce(TRY_CAST({_part("t", ":([0-9]{2})", 1)} AS BIGINT), 0) * 60000000
  + coalesce(TRY_CAST({_part("t", ":[0-9]{2}:([0-9]{2})", 1)} AS BIGINT), 0) * 1000000
  + TRY_CAST(rpad(left({_part("t", ":[0-9]{2}:[0-9]{2}[.,]([0-9]+)", 1)}, 6), 6, '0') AS BIGINT);
CREATE MACRO zone_of(t) AS {_part("t", f":[0-9]{{2}}.*?({_ZONE})$", 1)};
CREATE MACRO zone_us(z) AS CASE WHEN z = '' OR upper(z) = 'Z' OR z = 'UTC' THEN 0
  ELSE (CASE WHEN left(z, 1) = '-' THEN -60000000 ELSE 60000000 END)
    * (TRY_CAST(substr(z, 2, 2) AS BIGINT) * 60 + coalesce(TRY_CAST(right(z, 2) AS BIGINT), 0)
       * (CASE WHEN length(z) > 3 THEN 1 ELSE 0 END)) END;
CREATE MACRO has_zone(t) AS zone_of(t) <> '';
CREATE MACRO stamp_us(t) AS CASE WHEN t >= '0001' THEN epoch_us(TRY_CAST(t AS TIMESTAMP)) END;
CREATE MACRO time_us(t, day_first) AS CASE WHEN is_stamp(t) THEN stamp_us(t)
  WHEN is_time(t)
  THEN epoch_us(CAST(date_of(t, day_first) AS TIMESTAMP)) + clock_us(t) - zone_us(zone_of(t)) END;
CREATE MACRO epoch_time(t) AS TRY_CAST(t AS BIGINT) * CASE WHEN length(t) >= 12 THEN 1000 ELSE 1000000 END;
CREATE MACRO boolean_of(t) AS CASE WHEN t = '0' THEN false WHEN t = '1' THEN true
  WHEN strlen(t) > 5 OR (strlen(t) > 1 AND t < 'A') THEN NULL
  WHEN {_full("lower(t)", _WORDS)} THEN {_full("lower(t)", _TRUE)} END;
"""
