-- A few have a former code. A few small firms, at least one, were founded lately by skilled people, and say so.
SELECT enterprise_id, '示例企业' || printf('%04d', e) AS name, industry, scale,
       nullif(concat_ws(';', CASE WHEN scale = '规上' AND u(e, 'future') < 0.06 THEN '未来工厂' END,
                             CASE WHEN u(e, 'high-tech') < 0.30 THEN '高新技术企业' END,
                             CASE WHEN u(e, 'little giant') < 0.04 THEN '专精特新' END,
                             CASE WHEN startup THEN '技能人才创业' END), '') AS tags,
       town_code, employees,
       CASE WHEN startup THEN years_later(founded_on, year(last_year())::INTEGER - year(founded_on)::INTEGER - (e % 2)::INTEGER) ELSE founded_on END
         AS registered_on, NULL::DATE AS closed_on, NULL AS successor_id
FROM (SELECT *, scale = '规下' AND row_number() OVER (PARTITION BY scale ORDER BY u(e, 'startup'))
                <= greatest(round(cal.startup_share() * count(*) OVER (PARTITION BY scale)), 1) AS startup
      FROM enterprise_base)
UNION ALL
SELECT t.former_id, '示例企业' || printf('%04d', t.e) || '（原）', industry, scale, NULL, town_code, 0, t.founded_on,
       t.taken_over_on, t.enterprise_id
FROM takeover t JOIN enterprise_base USING (e)
