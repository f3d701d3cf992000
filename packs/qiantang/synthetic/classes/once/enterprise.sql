SELECT enterprise_id, '示例企业' || printf('%04d', e) AS name, industry, scale,
       nullif(concat_ws(';', CASE WHEN scale = '规上' AND u(e, 'future') < 0.06 THEN '未来工厂' END,
                             CASE WHEN u(e, 'high-tech') < 0.30 THEN '高新技术企业' END,
                             CASE WHEN u(e, 'little giant') < 0.04 THEN '专精特新' END), '') AS tags,
       town_code, employees, founded_on AS registered_on
FROM enterprise_base
