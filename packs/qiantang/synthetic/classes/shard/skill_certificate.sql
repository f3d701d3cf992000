SELECT certificate_number(CASE WHEN by_enterprise THEN 'Y' ELSE 'S' END, cal.institution(),
       cal.certificate_province(),
                          year(issued_on), digit, i * 4 + k) AS certificate_no,
       person_id, occupation_code, level, issued_on,
       CASE WHEN by_enterprise THEN '示例企业评价中心' || whole_between(1, 30, u(i, 'centre'))
            ELSE '示例评价机构' || whole_between(1, 20, u(i, 'centre')) END AS issuer,
       CASE WHEN by_enterprise THEN '企业' WHEN u(i * 4 + k, 'college') < 0.2 THEN '院校'
           ELSE '社会评价组织' END AS issuer_kind,
       CASE WHEN by_enterprise THEN enterprise_id END AS enterprise_id
FROM certificate
