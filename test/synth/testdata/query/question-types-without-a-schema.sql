SELECT type, count(*) AS events, max(event) AS example
FROM events
WHERE type NOT IN ('canary', 'click', 'page_view') AND day >= CAST(CAST(current_date - interval '1' day AS date) AS varchar)
GROUP BY type
ORDER BY events DESC;
