/*
subject: labour_dispute
facts:
  dispute_open: {type: boolean, zh: 争议未结, en: Dispute open, shown: true}
  dispute_in_year: {type: boolean, zh: 近一年受理, en: Filed in the last year}
  dispute_ripe:
    type: boolean
    zh: 已可判断是否按期
    en: Timeliness can be told
    reading:
      zh: 已办结，或办结期限已过；期限内未结的暂不计入
      en: Closed, or past its deadline; an open case within its deadline is left out for now
  dispute_closed_in_time: {type: boolean, zh: 按期办结, en: Closed in time}
*/
SELECT asked.labour_dispute, asked.as_of,
       d.closed_on IS NULL OR d.closed_on > asked.as_of AS dispute_open,
       d.filed_on > asked.as_of - INTERVAL 12 MONTH AND d.filed_on <= asked.as_of AS dispute_in_year,
       coalesce(d.closed_on <= asked.as_of, false) OR d.due_on < asked.as_of AS dispute_ripe,
       coalesce(d.closed_on <= asked.as_of AND d.closed_on <= d.due_on, false) AS dispute_closed_in_time
FROM asked LEFT JOIN labour_dispute d ON d.case_no = asked.labour_dispute
