/*
subject: worker
facts:
  union_member:
    type: boolean
    zh: 钱塘区工会会员
    en: Member of a trade union of the district
    rises: [union_membership]
    reading:
      zh: 工会所属区划为本区，且申请当日会籍有效；会员名册完整，查无记录即不是会员
      en: The union belongs to the district and the membership is in force; the register is complete, so no record means not a member
  union_months: {type: integer, zh: 本次入会月数, en: Months of this membership, unit: month, shown: true}
  party_member: {type: boolean, zh: 党员, en: Party member, rises: [party_membership]}
*/
WITH members AS (
  SELECT asked.worker, asked.as_of, min(m.joined_on) AS joined_on
  FROM asked JOIN union_membership m ON m.person_id = asked.worker
   AND m.district_code = worker.union_district
   AND asked.as_of BETWEEN m.joined_on AND coalesce(m.left_on, DATE '9999-12-31')
  GROUP BY ALL
)
SELECT asked.worker, asked.as_of,
       m.joined_on IS NOT NULL AS union_member,
       coalesce((date_diff('month', m.joined_on, asked.as_of) - (day(asked.as_of) < day(m.joined_on) AND asked.as_of < last_day(asked.as_of))::INTEGER), 0)::INTEGER AS union_months,
       coalesce(y.joined_on <= asked.as_of, false) AS party_member
FROM asked
LEFT JOIN members m ON m.worker = asked.worker AND m.as_of = asked.as_of
LEFT JOIN party_membership y ON y.person_id = asked.worker
