import { describe, expect, it } from 'vitest'
import { post } from '../../../core/services/alerts/post.ts'
import { isPublic } from '../../../core/services/alerts/target.ts'
import { until } from '../../support/until.ts'
import { startReceiver } from './receiver.ts'
import { openOffice, tell, type Office } from './support.ts'

describe('addresses', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '2606:4700:4700::1111',
    '::ffff:8.8.8.8',
  ])('of the public internet are allowed: %s', (address) => {
    expect(isPublic(address)).toBe(true)
  })

  it.each([
    ['this machine', ['127.0.0.1', '127.9.9.9', '::1', '0.0.0.0', '::']],
    [
      'private networks',
      ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1', 'fec0::1'],
    ],
    ['the link', ['169.254.1.1', 'fe80::1', 'fe80::1%eth0']],
    ['carriers', ['100.64.0.1', '100.127.255.255']],
    ['many', ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1']],
    ['metadata of clouds', ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16']],
    [
      'IPv4 in IPv6',
      ['::ffff:127.0.0.1', '::ffff:a00:1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1'],
    ],
    ['documents and tests', ['192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '240.0.0.1']],
    ['nothing', ['', 'example.com', '127.1', '0x7f000001', '1.2.3']],
  ])('of %s are not', (_what, addresses) => {
    expect(addresses.filter(isPublic)).toEqual([])
  })
})

describe('the URL of a webhook', () => {
  it.each([
    ['http://example.com/hook', 'WEBHOOK_TARGET_REFUSED'],
    ['https://127.0.0.1/hook', 'WEBHOOK_TARGET_REFUSED'],
    ['https://2130706433/hook', 'WEBHOOK_TARGET_REFUSED'],
    ['https://0x7f.1/hook', 'WEBHOOK_TARGET_REFUSED'],
    ['https://[::1]/hook', 'WEBHOOK_TARGET_REFUSED'],
    ['https://[::ffff:10.0.0.1]/hook', 'WEBHOOK_TARGET_REFUSED'],
    ['https://169.254.169.254/latest/meta-data', 'WEBHOOK_TARGET_REFUSED'],
    ['https://localhost/hook', 'WEBHOOK_TARGET_REFUSED'],
    ['ftp://example.com/', 'WEBHOOK_INVALID'],
    ['https://user:secret@example.com/', 'WEBHOOK_INVALID'],
    ['nonsense', 'WEBHOOK_INVALID'],
  ])('is refused when it is %s', async (url, code) => {
    await using office = openOffice()
    await expect(office.webhooks.add({ url })).rejects.toMatchObject({ code })
    expect(office.webhooks.list()).toEqual([])
  })

  it('is refused with events that do not exist', async () => {
    await using office = openOffice()
    const spec = { url: 'https://8.8.8.8/hook', events: ['cost_alarm' as 'cost_alert'] }
    await expect(office.webhooks.add(spec)).rejects.toMatchObject({
      code: 'WEBHOOK_INVALID',
      hint: 'Use some of: cost_alert, budget_exhausted; or * for all.',
    })
    await expect(office.webhooks.add({ ...spec, events: [] })).rejects.toMatchObject({ code: 'WEBHOOK_INVALID' })
  })
})

/** As if the DNS said something else than when the endpoint was added. */
const forbidPrivate = ({ books: { store } }: Office): void => store.db.exec('UPDATE webhook SET allow_private = 0')

describe('a delivery', () => {
  it('is not made to a name that resolves to this machine, whatever it was when the endpoint was added', async () => {
    await using receiver = await startReceiver()
    await using office = openOffice()
    await office.webhooks.add({ url: `https://localhost:${receiver.port}/hook`, allowPrivate: true })
    forbidPrivate(office)
    office.webhooks.deliver()
    await tell(office)
    const tried = await until(() => office.webhooks.deliveries().find(({ attempts }) => attempts === 1))
    expect(tried.lastError).toMatch(/its address (127\.0\.0\.1|::1) is not public/)
    expect(receiver.received).toEqual([])
  })

  it('follows no redirect', async () => {
    await using inside = await startReceiver()
    await using receiver = await startReceiver({ status: 307, headers: { location: inside.url } })
    await using office = openOffice()
    await office.webhooks.add({ url: receiver.url, allowPrivate: true })
    office.webhooks.deliver()
    await tell(office)
    const tried = await until(() => office.webhooks.deliveries().find(({ attempts }) => attempts === 1))
    expect(tried.lastError).toBe('answered 307; redirects are not followed')
    expect(inside.received).toEqual([])
  })

  it('connects to the address that was checked, and asks the DNS no second time', async () => {
    await using receiver = await startReceiver()
    const url = new URL(`http://no-such-name.invalid:${receiver.port}/hook`)
    const target = { url, addresses: [{ address: '127.0.0.1', family: 4 }] }
    const { status } = await post(target, {}, '{}', AbortSignal.timeout(5_000))
    expect(status).toBe(204)
    expect(receiver.received[0]?.headers.host).toBe(`no-such-name.invalid:${receiver.port}`)
  })
})
