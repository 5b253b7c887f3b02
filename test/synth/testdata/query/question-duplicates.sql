SELECT id, type, count(*) AS copies, min(received_at) AS received_at
FROM events
WHERE day >= CAST(CAST(current_date - interval '1' day AS date) AS varchar)
GROUP BY id, type
HAVING count(*) > 1
ORDER BY copies DESC;
