// Writes the types of events: {files: {path: schema}, types: {name: path}} on stdin,
// {typescript, go} on stdout. A reference leads to a file or to the $id of one, and never to
// the network.
import { compile } from 'json-schema-to-typescript'
import { InputData, JSONSchemaInput, JSONSchemaStore, quicktype } from 'quicktype-core'
import { readFileSync } from 'node:fs'

const { files, types: byName } = JSON.parse(readFileSync(0, 'utf8'))
const types = Object.entries(byName)
for (const [name, file] of types) {
  const { title, description = title } = files[file]
  // Both generators name a type by its title, and an event is an object whatever its schema leaves open.
  Object.assign(files[file], { title: name, description, type: 'object' })
}
const ids = Object.values(files).map((schema) => [(schema.$id ?? schema.id)?.split('#')[0], schema])
const known = new Map([...ids, ...Object.entries(files)])

// find returns a schema by its address, as the generators spell it.
function find(address) {
  const place = decodeURI(address.split('#')[0])
  const schema = known.get(place) ?? known.get(place.replace(/^(file:\/\/)?\/+/, ''))
  if (!schema) throw new Error(`no file below schemas/ is ${address} or has this $id`)
  return schema
}

async function typescript() {
  const ours = { order: 1, canRead: true, read: ({ url }) => JSON.stringify(find(url)) }
  const events = { title: 'Event', oneOf: types.map(([, file]) => ({ $ref: encodeURI(`/${file}`) })) }
  const style = { printWidth: 120, semi: false, singleQuote: true }
  return compile(events, 'Event', { cwd: '/', bannerComment: '', $refOptions: { resolve: { ours, file: false, http: false } }, style })
}

class Files extends JSONSchemaStore {
  async fetch(address) {
    return structuredClone(find(address))
  }
}

async function go() {
  const schemas = new JSONSchemaInput(new Files())
  for (const [name, file] of types) await schemas.addSource({ name, uris: [encodeURI(`/${file}`) + '#'] })
  const inputData = new InputData()
  inputData.addInput(schemas)
  return (await quicktype({ inputData, lang: 'go', rendererOptions: { 'just-types': true } })).lines.join('\n')
}

process.stdout.write(JSON.stringify({ typescript: await typescript(), go: await go() }))
