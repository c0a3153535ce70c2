// Makes tests/vectors/ipfs.json with the reference importer of IPFS:
//   npm ci && node make-ipfs-vectors.mjs > ../../vectors/ipfs.json
import { MemoryBlockstore } from 'blockstore-core'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'

const chunk = 262144
const sizes = {
  empty: 0,
  'one byte': 1,
  'one byte less than a chunk': chunk - 1,
  'one chunk': chunk,
  'one byte more than a chunk': chunk + 1,
  'two chunks': 2 * chunk,
  'a full node of 174 links': 174 * chunk,
  'one byte more than a full node': 174 * chunk + 1,
  'two nodes and a half': 435 * chunk + 12345
}

// The high byte of a linear congruential generator, whose period no file here reaches.
function makeContent (size) {
  const content = new Uint8Array(size)
  let state = 20190607
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    content[i] = state >>> 24
  }
  return content
}

async function importOne (content, options) {
  const settings = {
    reduceSingleLeafToSelf: true,
    chunker: fixedSize({ chunkSize: chunk }),
    layout: balanced({ maxChildrenPerNode: 174 }),
    ...options
  }
  let root
  for await (const entry of importer([{ content }], new MemoryBlockstore(), settings)) root = entry
  return root
}

const vectors = []
for (const [name, size] of Object.entries(sizes)) {
  const content = makeContent(size)
  const v0 = await importOne(content, { cidVersion: 0, rawLeaves: false })
  const v1Raw = await importOne(content, { cidVersion: 1, rawLeaves: true })
  const v1DagPb = await importOne(content, { cidVersion: 1, rawLeaves: false })
  vectors.push({
    name,
    size,
    cid_v0: v0.cid.toString(),
    tree_size: Number(v0.size),
    cid_v1_raw_leaves: v1Raw.cid.toString(),
    cid_v1_dag_pb: v1DagPb.cid.toString()
  })
}
console.log(JSON.stringify({
  origin: 'ipfs-unixfs-importer 17.1.1, by tests/interop/ipfs/make-ipfs-vectors.mjs',
  content: 'state = 20190607; each byte: state = (state * 1664525 + 1013904223) mod 2^32, byte = state >> 24',
  vectors
}, null, 2))
