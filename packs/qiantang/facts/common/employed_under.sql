-- Whoever has a labour contract with a firm has it under each of the firm's codes.
SELECT person_id, enterprise_id AS code, valid_from, valid_to FROM labour_contract
UNION ALL
SELECT h.person_id, f.other, h.valid_from, h.valid_to
FROM labour_contract h JOIN same_firm f ON f.code = h.enterprise_id
