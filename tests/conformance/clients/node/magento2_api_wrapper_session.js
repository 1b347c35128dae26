// What a script of a shop's back office does with magento2-api-wrapper: every request is signed.
const fs = require('fs')
const Magento2Api = require('magento2-api-wrapper')

const given = JSON.parse(fs.readFileSync(0, 'utf8'))
const connect = (changes) => new Magento2Api({ api: {
  url: given.url,
  consumerKey: given.keys.consumer_key,
  consumerSecret: given.keys.consumer_secret,
  accessToken: given.keys.access_token,
  tokenSecret: given.keys.access_token_secret,
  ...changes
} })
const told = (error) => [error.response.status, error.response.data.message]
const where = (field, value, condition) => ({ searchCriteria: { filterGroups: [{ filters: [
  { field, value, conditionType: condition || 'eq' }] }] } })

async function main () {
  const api = connect({})
  const seen = {}
  const order = await api.get(`orders/${given.order_id}`)
  const items = order.items.filter((item) => !item.parent_item_id)
  seen.order = [order.entity_id, order.status, order.grand_total]
  const first = { items: [{ order_item_id: items[0].item_id, qty: 1 }] }
  seen.first = await api.post(`order/${given.order_id}/invoice`, first)
  seen.tooMuch = await api.post(`order/${given.order_id}/invoice`, { items: [{ order_item_id: items[0].item_id, qty: 9 }] })
    .catch(told)
  seen.rest = await api.post(`order/${given.order_id}/invoice`)
  seen.third = await api.post(`order/${given.order_id}/invoice`).catch(told)
  seen.invoices = (await api.get('invoices', { params: where('order_id', given.order_id) })).items
    .map((invoice) => String(invoice.entity_id))

  const projected = { ...where('customer_email', 'nobody+x y@example.com & é*()!\'~', 'neq'), fields: 'items[status],total_count' }
  seen.projected = await api.get('orders', { params: projected })
  seen.noParameters = (await api.get('orders', { params: { searchCriteria: '' } })).total_count
  seen.stores = [(await api.get(`orders/${given.order_id}`, { storeCode: 'default' })).state,
    (await api.get(`orders/${given.order_id}`, { storeCode: 'all' })).state]
  seen.stock = (await api.get(`stockItems/${encodeURIComponent('S1')}`)).qty
  seen.product = (await api.put('products/S1', { product: { sku: 'S1', price: 12 } })).price
  seen.together = await Promise.all([...Array(20)].map(() => api.get(`orders/${given.order_id}`).then((one) => one.state)))

  seen.unknownOrder = await api.get('orders/999999').catch(told)
  seen.wrongSecret = await connect({ tokenSecret: 'x'.repeat(32) }).get('orders/1').catch(told)
  seen.wrongConsumer = await connect({ consumerKey: 'x'.repeat(32) }).get('orders/1').catch(told)
  seen.wrongToken = await connect({ accessToken: 'x'.repeat(32) }).get('orders/1').catch(told)
  seen.forbidden = await connect({
    consumerKey: given.others.consumer_key,
    consumerSecret: given.others.consumer_secret,
    accessToken: given.others.access_token,
    tokenSecret: given.others.access_token_secret
  }).post(`order/${given.order_id}/invoice`).catch(told)
  process.stdout.write(`${JSON.stringify(seen)}\n`)
}

main().catch((error) => { process.stderr.write(`${error.stack}\n`); process.exit(1) })
