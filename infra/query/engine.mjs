// Runs SQL in DuckDB: {setup: [sql, …], queries: [sql, …]} on stdin, a JSON list on stdout,
// for each query {columns: [{name, type}], rows: [[text or null, …], …], seconds}, or {error}.
import { DuckDBInstance } from '@duckdb/node-api'
import { readFileSync } from 'node:fs'

const { setup, queries } = JSON.parse(readFileSync(0, 'utf8'))
const connection = await (await DuckDBInstance.create(':memory:')).connect()
for (const statement of setup) await connection.run(statement)
const answers = []
for (const sql of queries) answers.push(await run(sql).catch((error) => ({ error: error.message })))
process.stdout.write(JSON.stringify(answers))

async function run(sql) {
  const began = performance.now()
  const reader = await connection.runAndReadAll(sql)
  const names = reader.columnNames()
  const types = reader.columnTypes()
  return {
    columns: names.map((name, i) => ({ name, type: types[i].toString() })),
    seconds: (performance.now() - began) / 1000,
    rows: reader.getRows().map((row) => row.map(text)),
  }
}

function text(value) {
  return value === null || value === undefined ? null : value.toString()
}
