SELECT day, hour, type, count(*) AS events, count(DISTINCT id) AS distinct_events
FROM events
WHERE day >= CAST(CAST(current_date - interval '1' day AS date) AS varchar)
GROUP BY day, hour, type
ORDER BY day, hour, type;
