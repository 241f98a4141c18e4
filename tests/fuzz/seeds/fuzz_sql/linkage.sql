SELECT buurt, LINKAGE() FROM ALL(noord.wmo, zuid.wmo) w JOIN bijstand USING (bsn) GROUP BY buurt ORDER BY 1 FETCH FIRST 3 ROWS ONLY
