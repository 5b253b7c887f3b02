// Parses SQL by Trino's grammar: a list of texts on stdin, a list of what is wrong with
// each on stdout, null for nothing. dt-sql-parser imports its files without their
// extension, which Node does not find by itself.
import { readFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { pathToFileURL } from 'node:url'

const hooks = `
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
export async function resolve(name, context, next) {
  if (!name.startsWith('.') || name.endsWith('.js')) return next(name, context)
  const file = new URL(name + '.js', context.parentURL)
  return next(existsSync(fileURLToPath(file)) ? file.href : new URL(name + '/index.js', context.parentURL).href, context)
}
export async function load(url, context, next) {
  return next(url, url.includes('/dt-sql-parser/') ? { ...context, format: 'module' } : context)
}`
register('data:text/javascript,' + encodeURIComponent(hooks))
const trino = createRequire(process.cwd() + '/').resolve('dt-sql-parser/dist/parser/trino/index.js')
const { TrinoSQL } = await import(pathToFileURL(trino).href)
const parser = new TrinoSQL()
const wrong = JSON.parse(readFileSync(0, 'utf8')).map((sql) => {
  const [first] = parser.validate(sql)
  return first ? `line ${first.startLine}: ${first.message}` : null
})
process.stdout.write(JSON.stringify(wrong))
