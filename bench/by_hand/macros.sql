-- What an engineer would write once: three-valued logic as SQL has it, which is what the clauses need.
CREATE MACRO said(holds) AS CASE WHEN holds THEN 'yes' WHEN NOT holds THEN 'no' ELSE 'undecided' END;
CREATE MACRO given(holds, yuan) AS CASE WHEN holds THEN yuan WHEN NOT holds THEN 0 END::DECIMAL(14, 2);
CREATE MACRO flag(condition, value) AS CASE WHEN condition THEN value ELSE 0 END;
CREATE MACRO rest(cost, paid) AS greatest(cost - paid, 0);
