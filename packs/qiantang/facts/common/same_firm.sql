-- The other codes of a firm: those it had before it was merged, renamed or given a new code, and those it has had since;
-- up to three steps away. left_on is the day on which the other code, taken_over_on the one on which its successor, ended.
SELECT successor_id AS code, enterprise_id AS other, closed_on AS left_on, closed_on AS taken_over_on
FROM enterprise WHERE successor_id IS NOT NULL
UNION ALL
SELECT enterprise_id, successor_id, NULL::DATE, NULL::DATE FROM enterprise WHERE successor_id IS NOT NULL
UNION ALL
SELECT b.successor_id, a.enterprise_id, a.closed_on, b.closed_on
FROM enterprise a JOIN enterprise b ON b.enterprise_id = a.successor_id WHERE b.successor_id IS NOT NULL
UNION ALL
SELECT a.enterprise_id, b.successor_id, NULL::DATE, NULL::DATE
FROM enterprise a JOIN enterprise b ON b.enterprise_id = a.successor_id WHERE b.successor_id IS NOT NULL
UNION ALL
SELECT c.successor_id, a.enterprise_id, a.closed_on, c.closed_on
FROM enterprise a JOIN enterprise b ON b.enterprise_id = a.successor_id
JOIN enterprise c ON c.enterprise_id = b.successor_id WHERE c.successor_id IS NOT NULL
UNION ALL
SELECT a.enterprise_id, c.successor_id, NULL::DATE, NULL::DATE
FROM enterprise a JOIN enterprise b ON b.enterprise_id = a.successor_id
JOIN enterprise c ON c.enterprise_id = b.successor_id WHERE c.successor_id IS NOT NULL
