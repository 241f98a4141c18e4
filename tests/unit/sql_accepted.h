/* sql_accepted.h - SQL that is accepted, with the request that it becomes, written as a text by test_sql.c. The data
 * sets are those of tests/support/sql_catalogs.h. */
#ifndef SCH_TESTS_UNIT_SQL_ACCEPTED_H
#define SCH_TESTS_UNIT_SQL_ACCEPTED_H

#define SQL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct accepted {
    const char *sql, *request;
} accepted;

#define FROM_BC " FROM bijstand b JOIN banen c USING (bsn) "
#define BC "b=gemeente.bijstand.bsn c=cbs.banen.bsn"

/* Conditions, put into SELECT COUNT(*) FROM bijstand b JOIN banen c USING (bsn) WHERE ... */
static const accepted CONDITIONS[] = {
    {"b.schuld = 1", "(= b.schuld 1)"},
    {"schuld <> 0", "(<> b.schuld 0)"},
    {"schuld != -5", "(<> b.schuld -5)"},
    {"schuld < -2147483648", "(< b.schuld -2147483648)"},
    {"schuld <= 9223372036854775807", "(<= b.schuld 9223372036854775807)"},
    {"schuld > -9223372036854775808", "(> b.schuld -9223372036854775808)"},
    {"bedrag >= 12.50", "(>= b.bedrag 1250e-2)"},
    {"bedrag >= -0.05", "(>= b.bedrag -5e-2)"},
    {"bedrag = .5", "(= b.bedrag 5e-1)"},
    {"bedrag = 5.", "(= b.bedrag 5)"},
    {"bedrag = 0.000000000000000001", "(= b.bedrag 1e-18)"},
    {"bedrag = +3", "(= b.bedrag 3)"},
    {"bedrag = - (-3)", "(= b.bedrag 3)"},
    {"naam = 'O''Brien é'", "(= b.naam 'O'Brien é')"},
    {"naam = ''", "(= b.naam '')"},
    {"actief = TRUE", "(= b.actief true)"},
    {"actief = false", "(= b.actief false)"},
    {"actief", "b.actief"},
    {"NOT actief", "(not b.actief)"},
    {"instroom >= DATE '2025-01-01'", "(>= b.instroom day 20089)"},
    {"instroom < DATE '1970-01-01'", "(< b.instroom day 0)"},
    {"instroom < DATE '0001-01-01'", "(< b.instroom day -719162)"},
    {"instroom < DATE '9999-12-31'", "(< b.instroom day 2932896)"},
    {"instroom = DATE '2024-02-29'", "(= b.instroom day 19782)"},
    {"instroom = '2000-03-01'::date", "(= b.instroom day 11017)"},
    {"instroom = CAST('1999-12-31' AS date)", "(= b.instroom day 10956)"},
    {"naam = NULL", "(= b.naam null)"},
    {"naam IS NULL", "(null? b.naam)"},
    {"naam IS NOT NULL", "(value? b.naam)"},
    {"b.schuld = 1 AND b.actief AND c.loon > 2", "(and (= b.schuld 1) b.actief (> c.loon 2))"},
    {"actief OR schuld = 1 OR schuld = 2", "(or b.actief (= b.schuld 1) (= b.schuld 2))"},
    {"actief OR schuld = 1 AND NOT actief", "(or b.actief (and (= b.schuld 1) (not b.actief)))"},
    {"(actief OR schuld = 1) AND actief", "(and (or b.actief (= b.schuld 1)) b.actief)"},
    {"schuld IN (1)", "(in b.schuld 1)"},
    {"schuld IN (1, -2, NULL)", "(in b.schuld 1 -2 null)"},
    {"buurt NOT IN ('a', 'b')", "(not-in b.buurt 'a' 'b')"},
    {"instroom IN (DATE '1970-01-02')", "(in b.instroom day 1)"},
    {"schuld BETWEEN 1 AND 10", "(between b.schuld 1 10)"},
    {"schuld NOT BETWEEN -1 AND werkt", "(not-between b.schuld -1 c.werkt)"},
    {"naam LIKE 'A%_'", "(like b.naam 'A%_')"},
    {"naam NOT LIKE '%z'", "(not-like b.naam '%z')"},
    {"schuld + 2 * werkt - 1 = 0", "(= (- (+ b.schuld (* 2 c.werkt)) 1) 0)"},
    {"-schuld % 10 = 3", "(= (% (neg b.schuld) 10) 3)"},
    {"+schuld = 3", "(= b.schuld 3)"},
    {"ABS(schuld) = 3", "(= (abs b.schuld) 3)"},
    {"COALESCE(schuld, werkt, 0) = 0", "(= (coalesce b.schuld c.werkt 0) 0)"},
    {"LOWER(naam) = UPPER(naam)", "(= (lower b.naam) (upper b.naam))"},
    {"LENGTH(naam) > 3", "(> (length b.naam) 3)"},
    {"SUBSTRING(naam, 1, 4) = 'x'", "(= (substring b.naam 1 4) 'x')"},
    {"SUBSTR(naam, 2, 0) = 'x'", "(= (substring b.naam 2 0) 'x')"},
    {"SUBSTRING(naam FROM 3 FOR 1) = 'x'", "(= (substring b.naam 3 1) 'x')"},
    {"YEAR(instroom) = 2023", "(= (year b.instroom) 2023)"},
    {"MONTH(instroom) = 1", "(= (month b.instroom) 1)"},
    {"EXTRACT(YEAR FROM instroom) = 2023", "(= (year b.instroom) 2023)"},
    {"EXTRACT(MONTH FROM b.instroom) = 12", "(= (month b.instroom) 12)"},
    {"CASE WHEN actief THEN 1 ELSE 0 END = 1", "(= (case b.actief 1 0) 1)"},
    {"CASE WHEN actief THEN 1 WHEN schuld = 2 THEN 3 END = 1", "(= (case b.actief 1 (= b.schuld 2) 3 null) 1)"},
    {"CASE buurt WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE 3 END = 1", "(= (case (= b.buurt 'a') 1 (= b.buurt 'b') 2 3) 1)"},
    {"\"schuld\" = 1 -- a comment", "(= b.schuld 1)"},
    {"B.SCHULD = 1 /* another */", "(= b.schuld 1)"},
    {"TRUE", "true"},
};

static const accepted STATEMENTS[] = {
    {"SELECT b.buurt, b.traject, COUNT(DISTINCT b.bsn) AS personen, AVG(c.loon) AS gemiddeld_loon, SUM(c.werkt) AS "
     "werkend "
     "FROM bijstand b JOIN banen c USING (bsn) WHERE b.instroomjaar >= 2023 AND c.jaar = 2025 GROUP BY b.buurt, "
     "b.traject",
     BC " | (and (>= b.instroomjaar 2023) (= c.jaar 2025)) | b.buurt, b.traject | buurt: b.buurt, traject: b.traject, "
        "personen: (persons b.bsn), gemiddeld_loon: (avg c.loon), werkend: (sum c.werkt)"},
    {"SELECT COUNT(*)" FROM_BC, BC " |  |  | count: (rows)"},
    {"select count(*)" FROM_BC ";", BC " |  |  | count: (rows)"},
    {"SELECT COUNT(DISTINCT bsn)" FROM_BC, BC " |  |  | count: (persons b.bsn)"},
    {"SELECT COUNT(DISTINCT c.bsn)" FROM_BC, BC " |  |  | count: (persons c.bsn)"},
    {"SELECT COUNT(loon), SUM(loon), AVG(loon)" FROM_BC,
     BC " |  |  | count: (count c.loon), sum: (sum c.loon), avg: (avg c.loon)"},
    {"SELECT SUM(CASE WHEN actief THEN loon * 2 ELSE -1 END) x" FROM_BC,
     BC " |  |  | x: (sum (case b.actief (* c.loon 2) -1))"},
    {"SELECT COUNT(*) AS \"Aantal €\"" FROM_BC, BC " |  |  | Aantal €: (rows)"},
    {"SELECT buurt, COUNT(*)" FROM_BC "GROUP BY 1", BC " |  | b.buurt | buurt: b.buurt, count: (rows)"},
    {"SELECT COUNT(*), sector, buurt" FROM_BC "GROUP BY 3, 2",
     BC " |  | b.buurt, c.sector | count: (rows), sector: c.sector, buurt: b.buurt"},
    {"SELECT buurt AS wijk, COUNT(*)" FROM_BC "GROUP BY wijk", BC " |  | b.buurt | wijk: b.buurt, count: (rows)"},
    {"SELECT buurt AS traject, COUNT(*)" FROM_BC "GROUP BY traject, buurt",
     BC " |  | b.traject, b.buurt | traject: b.buurt, count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY buurt", BC " |  | b.buurt | count: (rows)"},
    {"SELECT buurt, COUNT(*)" FROM_BC "GROUP BY buurt, 1, b.buurt", BC " |  | b.buurt | buurt: b.buurt, count: (rows)"},
    {"SELECT b.jaar, c.jaar, COUNT(*)" FROM_BC "GROUP BY b.jaar, c.jaar",
     BC " |  | b.jaar, c.jaar | jaar: b.jaar, jaar: c.jaar, count: (rows)"},
    {"SELECT COUNT(*) FROM bijstand JOIN banen USING (bsn) WHERE bijstand.jaar = banen.jaar",
     "bijstand=gemeente.bijstand.bsn banen=cbs.banen.bsn | (= bijstand.jaar banen.jaar) |  | count: (rows)"},
    {"SELECT COUNT(*) FROM bijstand b INNER JOIN cbs.banen c ON b.bsn = c.bsn", BC " |  |  | count: (rows)"},
    {"SELECT COUNT(*) FROM bijstand b JOIN banen c ON (c.bsn = b.bsn)", BC " |  |  | count: (rows)"},
    {"SELECT COUNT(DISTINCT burgernummer) FROM bijstand JOIN jeugdhulp j ON bsn = burgernummer",
     "bijstand=gemeente.bijstand.bsn j=partner.jeugdhulp.burgernummer |  |  | count: (persons j.burgernummer)"},
    {"SELECT COUNT(*) FROM cbs.personen JOIN gemeente.bijstand AS p2 USING (bsn)",
     "personen=cbs.personen.bsn p2=gemeente.bijstand.bsn |  |  | count: (rows)"},
    {"SELECT COUNT(*) FROM cbs.personen a JOIN partner.personen p ON a.bsn = p.burgernummer",
     "a=cbs.personen.bsn p=partner.personen.burgernummer |  |  | count: (rows)"},
    {"\n\tSELECT\nCOUNT ( * )\nFROM \"bijstand\" AS \"b\"\nJOIN banen c\nUSING ( bsn )\n", BC " |  |  | count: (rows)"},
};

#endif
