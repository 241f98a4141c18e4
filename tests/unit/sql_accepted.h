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
    {"c.loon > b.bedrag", "(> c.loon b.bedrag)"},
    {"instroom::date = DATE '2025-01-01'", "(= b.instroom day 20089)"},
    {"CAST(instroom AS date)::date - DATE '1970-01-01'::date > 30", "(> (- b.instroom day 0) 30)"},
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
    /* aggregates */
    {"SELECT VARIANCE(loon), VAR_SAMP(loon), VAR_POP(loon), STDDEV(loon), STDDEV_SAMP(loon) s, "
     "STDDEV_POP(loon)" FROM_BC,
     BC " |  |  | variance: (var_samp c.loon), var_samp: (var_samp c.loon), var_pop: (var_pop c.loon), stddev: "
        "(stddev_samp "
        "c.loon), s: (stddev_samp c.loon), stddev_pop: (stddev_pop c.loon)"},
    {"SELECT COVAR_SAMP(loon, schuld), COVAR_POP(loon, schuld), CORR(loon, schuld)" FROM_BC,
     BC " |  |  | covar_samp: (covar_samp c.loon b.schuld), covar_pop: (covar_pop c.loon b.schuld), corr: (corr c.loon "
        "b.schuld)"},
    {"SELECT REGR_COUNT(loon, schuld), REGR_SLOPE(loon, schuld), REGR_INTERCEPT(loon, schuld), REGR_R2(loon, schuld), "
     "REGR_AVGX(loon, schuld), REGR_AVGY(loon, schuld)" FROM_BC,
     BC " |  |  | regr_count: (regr_count c.loon b.schuld), regr_slope: (regr_slope c.loon b.schuld), regr_intercept: "
        "(regr_intercept c.loon b.schuld), regr_r2: (regr_r2 c.loon b.schuld), regr_avgx: (regr_avgx c.loon b.schuld), "
        "regr_avgy: (regr_avgy c.loon b.schuld)"},
    {"SELECT PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY loon), PERCENTILE_DISC(1) WITHIN GROUP (ORDER BY loon ASC), "
     "MEDIAN(loon), PERCENTILE_CONT(0) WITHIN GROUP (ORDER BY loon NULLS LAST)" FROM_BC,
     BC
     " |  |  | percentile_cont: (percentile c.loon 25e-2), percentile_disc: (value-at c.loon 1), median: (percentile "
     "c.loon 5e-1), percentile_cont: (percentile c.loon 0)"},
    {"SELECT SUM(loon) FILTER (WHERE actief), COUNT(*) FILTER (WHERE schuld > 1), CORR(loon, schuld) FILTER (WHERE "
     "actief), "
     "MEDIAN(loon) FILTER (WHERE actief), PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY loon) FILTER (WHERE "
     "actief)" FROM_BC,
     BC
     " |  |  | sum: (sum (case b.actief c.loon null)), count: (count (case (> b.schuld 1) 1 null)), corr: (corr (case "
     "b.actief c.loon null) b.schuld), median: (percentile (case b.actief c.loon null) 5e-1), percentile_cont: "
     "(percentile "
     "(case b.actief c.loon null) 5e-1)"},
    /* after aggregation */
    {"SELECT SUM(loon) / COUNT(*), 100.0 * COUNT(loon) / COUNT(*) AS deel" FROM_BC,
     BC " |  |  | ?column?: (/ (sum c.loon) (rows)), deel: (/ (* 1000e-1 (count c.loon)) (rows))"},
    {"SELECT ROUND(AVG(loon)), ROUND(AVG(loon), 2), SQRT(SUM(loon)), LN(SUM(loon)), EXP(AVG(loon)), POWER(AVG(loon), "
     "2), "
     "POW(2, 3) p, NULLIF(COUNT(*), 0)" FROM_BC,
     BC
     " |  |  | round: (round (avg c.loon) 0), round: (round (avg c.loon) 2), sqrt: (sqrt (sum c.loon)), ln: (ln (sum "
     "c.loon)), exp: (exp (avg c.loon)), power: (power (avg c.loon) 2), p: (power 2 3), nullif: (nullif (rows) 0)"},
    {"SELECT CASE WHEN COUNT(*) > 10 THEN AVG(loon) END, COALESCE(SUM(loon), 0), -ABS(SUM(schuld)) x, buurt = 'a' AS "
     "is_a, "
     "1 AS een, COUNT(*)" FROM_BC "GROUP BY buurt",
     BC " |  | b.buurt | case: (case (> (rows) 10) (avg c.loon) null), coalesce: (coalesce (sum c.loon) 0), x: (neg "
        "(abs (sum "
        "b.schuld))), is_a: (= b.buurt 'a'), een: 1, count: (rows)"},
    {"SELECT buurt, COUNT(*) AS n" FROM_BC
     "GROUP BY buurt HAVING COUNT(*) >= 10 AND buurt <> 'a' ORDER BY n DESC, buurt, "
     "AVG(loon) NULLS FIRST, SUM(loon) DESC NULLS LAST, 2 LIMIT 20",
     BC " |  | b.buurt | buurt: b.buurt, n: (rows) | (and (>= (rows) 10) (<> b.buurt 'a')) | (rows) null-down, b.buurt "
        "up, (avg "
        "c.loon) null-up, (sum c.loon) down, (rows) up | 20"},
    {"SELECT b.jaar, COUNT(*) jaar2" FROM_BC "GROUP BY b.jaar ORDER BY jaar, -1 + 2, +3 LIMIT ALL",
     BC " |  | b.jaar | jaar: b.jaar, jaar2: (rows) |  | b.jaar up, (+ -1 2) up, 3 up"},
    {"SELECT COUNT(*)" FROM_BC "FETCH FIRST 3 ROWS ONLY", BC " |  |  | count: (rows) |  |  | 3"},
    {"SELECT COUNT(*)" FROM_BC "LIMIT 1000000000000", BC " |  |  | count: (rows) |  |  | 1000000000000"},
    {"SELECT COUNT(*)" FROM_BC "LIMIT 0", BC " |  |  | count: (rows) |  |  | 0"},
    {"SELECT SUM(instroom - DATE '2020-01-01')" FROM_BC, BC " |  |  | sum: (sum (- b.instroom day 18262))"},
    /* keys and grouping sets */
    {"SELECT BIN(loon) klasse, COUNT(*)" FROM_BC "GROUP BY BIN(c.loon) ORDER BY BIN(loon) DESC",
     BC " |  | (bin c.loon) | klasse: (bin c.loon), count: (rows) |  | (bin c.loon) null-down"},
    {"SELECT BIN(loon) klasse, COUNT(*)" FROM_BC "GROUP BY klasse, 1, buurt",
     BC " |  | (bin c.loon), b.buurt | klasse: (bin c.loon), count: (rows)"},
    {"SELECT buurt, sector, GROUPING(sector), COUNT(*)" FROM_BC "GROUP BY ROLLUP (buurt, sector)",
     BC " |  | b.buurt, c.sector {01, 0, -} | buurt: b.buurt, sector: c.sector, grouping: (grouping c.sector), count: "
        "(rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY CUBE (buurt, sector)",
     BC " |  | b.buurt, c.sector {01, 0, 1, -} | count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY GROUPING SETS ((sector), (buurt, sector), ())",
     BC " |  | c.sector, b.buurt {0, 01, -} | count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY traject, ROLLUP (buurt, sector)",
     BC " |  | b.traject, b.buurt, c.sector {012, 01, 0} | count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY GROUPING SETS (buurt, sector), GROUPING SETS (traject, b.jaar)",
     BC " |  | b.buurt, b.traject, b.jaar, c.sector {01, 02, 13, 23} | count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY ROLLUP ((buurt, traject), sector)",
     BC " |  | b.buurt, b.traject, c.sector {012, 01, -} | count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY GROUPING SETS ((buurt), GROUPING SETS ((sector), CUBE (traject, b.jaar)))",
     BC " |  | b.buurt, c.sector, b.traject, b.jaar {0, 1, 23, 2, 3, -} | count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY DISTINCT ROLLUP (buurt, sector), ROLLUP (buurt)",
     BC " |  | b.buurt, c.sector {01, 0, -} | count: (rows)"},
    {"SELECT buurt w, COUNT(*)" FROM_BC "GROUP BY ROLLUP (w), ()",
     BC " |  | b.buurt {0, -} | w: b.buurt, count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY ()", BC " |  |  | count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY (), (buurt, sector)", BC " |  | b.buurt, c.sector | count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY GROUPING SETS ((buurt, sector))",
     BC " |  | b.buurt, c.sector | count: (rows)"},
    {"SELECT COUNT(*)" FROM_BC "GROUP BY CUBE (buurt, traject, instroomjaar, actief, b.jaar)", BC
     " |  | b.buurt, b.traject, b.instroomjaar, b.actief, b.jaar {01234, 0123, 0124, 012, 0134, 013, 014, 01, 0234, "
     "023, 024, 02, 034, 03, 04, 0, 1234, 123, 124, 12, 134, 13, 14, 1, 234, 23, 24, 2, 34, 3, 4, -} | count: (rows)"},
    /* joins and unions */
    {"SELECT COUNT(*) FROM bijstand b LEFT JOIN banen c USING (bsn) LEFT OUTER JOIN jeugdhulp j ON b.bsn = "
     "j.burgernummer",
     "b=gemeente.bijstand.bsn c?=cbs.banen.bsn j?=partner.jeugdhulp.burgernummer |  |  | count: (rows)"},
    {"SELECT COUNT(DISTINCT h.bsn) FROM bijstand b JOIN banen c USING (bsn) JOIN noord.wmo w USING (bsn) JOIN "
     "zuid.huur "
     "h ON "
     "h.bsn = c.bsn",
     BC " w=noord.wmo.bsn h=zuid.huur.bsn |  |  | count: (persons h.bsn)"},
    {"SELECT COUNT(*) FROM bijstand b JOIN banen c USING (bsn) JOIN cbs.personen p USING (bsn) JOIN jeugdhulp j ON "
     "j.burgernummer = p.bsn JOIN partner.personen q USING (burgernummer) WHERE burgernummer = bsn",
     "b=gemeente.bijstand.bsn c=cbs.banen.bsn p=cbs.personen.bsn j=partner.jeugdhulp.burgernummer "
     "q=partner.personen.burgernummer | (= j.burgernummer b.bsn) |  | count: (rows)"},
    {"SELECT COUNT(*) FROM (bijstand b JOIN banen c USING (bsn)) JOIN noord.wmo w USING (bsn)",
     BC " w=noord.wmo.bsn |  |  | count: (rows)"},
    {"SELECT gebied, COUNT(*) FROM ALL(wmo) w JOIN banen c USING (bsn) GROUP BY gebied",
     "w=noord+zuid.wmo.bsn c=cbs.banen.bsn |  | w.gebied | gebied: w.gebied, count: (rows)"},
    {"SELECT ORGANISATION(w) wie, COUNT(*) FROM banen c JOIN all /* of them */ (zuid.wmo, noord.wmo) AS w ON w.bsn = "
     "c.bsn GROUP "
     "BY ROLLUP (wie) HAVING GROUPING(ORGANISATION(w)) = 0 OR ORGANISATION(w) <> 'noord' ORDER BY ORGANISATION(w)",
     "c=cbs.banen.bsn w=zuid+noord.wmo.bsn |  | (organisation w) {0, -} | wie: (organisation w), count: (rows) | (or "
     "(= "
     "(grouping (organisation w)) 0) (<> (organisation w) 'noord')) | (organisation w) up"},
    {"SELECT COUNT(*) FROM ALL(wmo) JOIN noord.huur USING (bsn) LEFT JOIN banen USING (bsn) WHERE wmo.uren > huur.uren",
     "wmo=noord+zuid.wmo.bsn huur=noord.huur.bsn banen?=cbs.banen.bsn | (> wmo.uren huur.uren) |  | count: (rows)"},
    /* the report of linkage */
    {"SELECT LINKAGE()" FROM_BC, BC " |  |  | linkage"},
    {"SELECT buurt, sector AS s, LINKAGE()" FROM_BC "GROUP BY ROLLUP (buurt, sector) ORDER BY s LIMIT 5",
     BC " |  | b.buurt, c.sector {01, 0, -} | linkage, buurt: b.buurt, s: c.sector |  | c.sector up | 5"},
};

#endif
