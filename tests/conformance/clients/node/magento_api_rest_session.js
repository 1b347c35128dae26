// What a script does with magento-api-rest: it signs with HMAC-SHA1 unless it is told `sha: 256`.
const fs = require('fs')
const { default: MagentoRestApi } = require('magento-api-rest')

const given = JSON.parse(fs.readFileSync(0, 'utf8'))
const connect = (sha) => new MagentoRestApi({
  url: given.url,
  consumerKey: given.keys.consumer_key,
  consumerSecret: given.keys.consumer_secret,
  accessToken: given.keys.access_token,
  tokenSecret: given.keys.access_token_secret,
  sha
})
const told = (error) => [error.response.status, error.response.data]

async function main () {
  const api = connect(256)
  const seen = {}
  seen.orders = (await api.get('orders')).data.total_count
  const found = await api.get('orders', { entity_id: given.order_id, $sort: { created_at: 'DESC' }, $perPage: 5, $page: 1 })
  seen.found = found.data.items.map((order) => order.entity_id)
  const range = await api.get('orders', { $from: '2020-01-01 00:00:00', $to: '2020-01-02 00:00:00' })
  seen.range = range.data.total_count
  seen.invoice = (await api.post(`order/${given.order_id}/invoice`, { capture: true })).data
  seen.again = await api.post(`order/${given.order_id}/invoice`, {}).catch(told)
  seen.saved = (await api.put('products/S2', { product: { sku: 'S2', price: 21 } })).data.price
  seen.deleted = await api.delete('products/NOPE').catch(told)
  seen.sha1 = await connect(1).get('orders').catch(told)
  process.stdout.write(`${JSON.stringify(seen)}\n`)
}

main().catch((error) => { process.stderr.write(`${error.stack}\n`); process.exit(1) })
